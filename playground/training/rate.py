"""What the schedule makes of the learning rate."""

from __future__ import annotations

from dataclasses import dataclass

from playground.catalog.schedules import Position, ScheduleEntry


@dataclass
class ScheduledRate:
    """Remembers what a schedule says that watches losses: there may be 40,000 of them, and it is asked before each batch."""

    _epochs: int = -1
    _factor: float = 1.0

    def factor(self, schedule: ScheduleEntry, done: float, epochs: int, losses: list[float]) -> float:
        """The factor of the rate `done` epochs after the start of `epochs`; `losses` has one entry for each epoch that ended."""
        if not schedule.watches_losses:
            return schedule.factor(Position(done, epochs))
        if self._epochs != len(losses):
            self._epochs, self._factor = len(losses), schedule.factor(Position(done, epochs, tuple(losses)))
        return self._factor
