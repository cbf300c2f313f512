"""Which of a run's checkpoints are kept: at most 24 of those for the time machine, evenly spread, and the newest of all.

Of a large network fewer are kept, so that a run does not take more than `max_checkpoints_mb`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from playground import settings

MAX_KEPT = 24


@dataclass(frozen=True, eq=False)
class Kept:
    """One checkpoint.

    Attributes:
        ordinal: counts those that were to be kept, from 0; None for one that the next replaces.
        data: None once it is stored.
    """

    number: int
    step: int
    epoch: float
    ordinal: int | None
    size: int
    data: bytes | None = None


@dataclass
class KeptCheckpoints:
    """A run's checkpoints in the order of their numbers, and what of them is still to be stored.

    Attributes:
        dropped: numbers of those that are stored and shall be no more.
        latest: the newest one, with its data: the database may have to be written anew.
    """

    items: list[Kept] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    latest: Kept | None = None
    next_number: int = 1
    next_ordinal: int = 0
    stride: int = 1

    @classmethod
    def stored(cls, items: list[Kept]) -> KeptCheckpoints:
        """As they stand in the database."""
        ordinals = [item.ordinal for item in items if item.ordinal is not None]
        # The latest stands anywhere; the others stand `stride` apart.
        gaps = [b - a for a, b in zip(ordinals[:-2], ordinals[1:-1], strict=True)]
        numbers = [item.number for item in items]
        return cls(
            list(items),
            next_number=max(numbers, default=0) + 1,
            next_ordinal=max(ordinals, default=-1) + 1,
            stride=max(1, min(gaps, default=1)),
        )

    @property
    def waiting(self) -> list[Kept]:
        """Those that are not yet stored."""
        return [item for item in self.items if item.data is not None]

    @property
    def none_is_stored(self) -> bool:
        return all(item.data is not None for item in self.items)

    @property
    def waiting_bytes(self) -> int:
        return sum(item.size for item in self.items if item.data is not None)

    @property
    def size(self) -> int:
        """Of all together, in bytes."""
        return sum(item.size for item in self.items)

    def add(self, step: int, epoch: float, data: bytes, keep: bool) -> None:
        """Takes the newest; what it makes superfluous is dropped."""
        ordinal = self.next_ordinal if keep else None
        self.latest = Kept(self.next_number, step, epoch, ordinal, len(data), data)
        self.next_number += 1
        self.next_ordinal += keep
        self._keep([item for item in self.items if item.ordinal is not None])
        self.items.append(self.latest)
        if keep:
            self._thin()

    def rewind(self, step: int) -> None:
        """Drops those after `step`: what they hold happens again, and perhaps otherwise."""
        self._keep([item for item in self.items if item.step <= step])
        if self.latest is not None and self.latest.step > step:
            self.latest = None

    def are_stored(self, all_of_them: bool) -> None:
        """The database holds them, or at least none of those that were dropped."""
        if all_of_them and self.waiting:
            self.items = [Kept(item.number, item.step, item.epoch, item.ordinal, item.size) for item in self.items]
        self.dropped = []

    def start_anew(self) -> None:
        """The database was lost: all that is left is the newest checkpoint."""
        self.items, self.dropped = [self.latest] if self.latest else [], []

    def _thin(self) -> None:
        """Drops every second but the latest, as often as needed; the first has the ordinal 0 and stays."""
        while self._too_many():
            self.stride *= 2
            self._keep(self._on_stride())
        last = next((item for item in reversed(self.items[:-1]) if item.ordinal is not None), None)
        if last is not None and last.ordinal is not None and last.ordinal % self.stride:
            self._keep([item for item in self.items if item is not last])  # it stood there as the latest only

    def _too_many(self) -> bool:
        kept = sum(item.ordinal is not None for item in self.items)
        too_large = self.size > 1_000_000 * settings.number("max_checkpoints_mb")
        return kept > MAX_KEPT or (kept > 2 and too_large)

    def _on_stride(self) -> list[Kept]:
        newest = self.items[-1]
        return [item for item in self.items if item is newest or (item.ordinal is not None and item.ordinal % self.stride == 0)]

    def _keep(self, items: list[Kept]) -> None:
        self.dropped += [item.number for item in self.items if item not in items and item.data is None]
        self.items = items
