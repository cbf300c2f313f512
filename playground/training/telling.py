"""What is told of epochs that take milliseconds: about twenty of them a second, with a few of their batches."""

from __future__ import annotations

from dataclasses import dataclass, replace

from playground.training.events import BatchesEnded
from playground.training.pace import TOLD_BATCHES


@dataclass
class Untold:
    """Batches that were learned from since the last event."""

    batches: BatchesEnded | None = None

    def add(self, new: BatchesEnded) -> None:
        """More batches, right behind those that are here."""
        if not new.losses:
            return
        before = self.batches
        losses, accuracies = (before.losses, before.accuracies) if before else ((), ())
        self.batches = replace(new, losses=losses + new.losses, accuracies=accuracies + new.accuracies)

    def take(self, thin: bool) -> list[BatchesEnded]:
        """One event of all, or none when there are none.

        Args:
            thin: whether only every k-th batch is told of, counted from the last, so that about ten remain.
        """
        told, self.batches = self.batches, None
        if told is None:
            return []
        every = -(-len(told.losses) // TOLD_BATCHES) if thin else 1
        first = (len(told.losses) - 1) % every
        return [replace(told, losses=told.losses[first::every], accuracies=told.accuracies[first::every], every=every)]
