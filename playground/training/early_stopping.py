"""Early stopping: which epoch was the best so far, and when the patience is over. All of it is told by the losses watched."""

from __future__ import annotations

import math

from playground.spec import EarlyStopping
from playground.training.checkpoint import Progress


def is_best(progress: Progress, loss: float) -> bool:
    """Whether an epoch with this loss, after those in `progress`, is the best one."""
    return loss < min(_watched(progress), default=math.inf)


def patience_is_over(progress: Progress, stopping: EarlyStopping | None, *more: float) -> bool:
    """Whether the best epoch lies too far back; with `more`, once an epoch with this loss is counted as well."""
    losses = [*_watched(progress), *more]
    return stopping is not None and bool(losses) and len(losses) - 1 - losses.index(min(losses)) >= stopping.patience


def best_epoch(progress: Progress) -> int:
    """The best epoch's number, from 1."""
    losses = _watched(progress)
    # Counted from the end: a branch with another loss does not know the losses before it.
    return progress.epoch - len(losses) + losses.index(min(losses)) + 1


def _watched(progress: Progress) -> list[float]:
    return progress.losses[progress.watched_from :]
