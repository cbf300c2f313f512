"""Runs are kept: every run with its spec, events, metrics and checkpoints, as it happens."""

from playground.store.store import Store
from playground.store.values import CheckpointInfo, Origin, RunSummary, StoredRun, StoredStudy, StoredWeights

__all__ = ["CheckpointInfo", "Origin", "RunSummary", "Store", "StoredRun", "StoredStudy", "StoredWeights"]
