"""What a run needs of whoever writes it down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from playground.store.values import Origin, StoredWeights
from playground.training.events import Event


class Journal(Protocol):
    """Where a run is written down as it happens; `playground.store.Store` is one. Nothing here ever waits or fails.

    Attributes:
        problem: why nothing can be written down at present; None when all is well.
    """

    @property
    def problem(self) -> str | None: ...

    def add(self, run_id: str, owner: str, number: int, name: str, spec_json: str, created: float, origin: Origin) -> None: ...

    def events(self, run_id: str, events: Sequence[Event], spec_json: str, repeatable: bool) -> None: ...

    def checkpoint(self, run_id: str, step: int, epoch: float, data: bytes, keep: bool) -> None: ...

    def final(self, run_id: str, weights: StoredWeights) -> None: ...
