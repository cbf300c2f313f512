"""How much work lies between two events: from the spec alone, never from the clock, so that a run repeats its events."""

from __future__ import annotations

from dataclasses import dataclass

from playground.network import estimated_batch_seconds

CHUNK_SECONDS = 0.04
SAMPLE_SECONDS = 0.7
MEASURE_SECONDS = 0.7
TELLING_SECONDS, TOLD_BATCHES, LEAST_TOLD_EPOCHS = 0.05, 10, 50
FEW_UNTOLD = 3  # epochs of which one is told: still long enough to be looked into each time
# A look inside costs up to a third of a small batch's time: so much must lie between two, even where epochs are shorter.
LEAST_MEASURE_SECONDS, LEAST_MEASURE_BATCHES, LEAST_MEASURES = 0.05, 10, 50


@dataclass(frozen=True)
class Pace:
    """The sizes of a run's turns, by the estimate of `estimated_batch_seconds`.

    Args:
        multiply_adds: of the network for one image.
        batch_size: in force now.
    """

    multiply_adds: int
    batch_size: int

    def chunk_batches(self, limit: int | None = None) -> int:
        """Batches between two readings of the loss: about 0.04 s of work, at least 1, at most 64 or `limit`."""
        return min(limit or 64, self._batches_in(CHUNK_SECONDS))

    def samples_due(self, step: int, batches: int) -> bool:
        """Whether the sample images are to be read now that the last `batches` led to `step`: about every 0.7 s."""
        every = self._batches_in(SAMPLE_SECONDS)
        return step // every != (step - batches) // every or step == batches

    def next_measure(self, step: int, train_size: int, epochs: int) -> int:
        """After which batch, `step` or a later one, the next one is looked into: before the first, then about every 0.7 s or
        every epoch; in a run that is over sooner, about fifty times.

        Args:
            train_size: examples of an epoch.
            epochs: of the whole run.
        """
        epoch = -(-train_size // self.batch_size)
        is_short = epoch * FEW_UNTOLD < self._batches_in(TELLING_SECONDS)
        seldom = self._batches_in(MEASURE_SECONDS)
        least = min(seldom, epoch * epochs // LEAST_MEASURES) if is_short else self._batches_in(LEAST_MEASURE_SECONDS)
        often = max(LEAST_MEASURE_BATCHES, least)
        every = max(often, min(epoch, seldom))
        return -(-step // every) * every

    def epochs_between_tellings(self, train_size: int, epochs: int) -> int:
        """Epochs from one that is told to the next: 1, unless they take milliseconds; then about 0.05 s of work, or as many as
        leave fifty of the run's epochs to tell.

        Args:
            train_size: examples of an epoch.
            epochs: of the whole run.
        """
        within = self._batches_in(TELLING_SECONDS) // max(1, -(-train_size // self.batch_size))
        return max(1, min(within, epochs // LEAST_TOLD_EPOCHS))

    @property
    def evaluation_images(self) -> int:
        """Images in one slice of an evaluation: about 0.04 s. Forward alone is about a third of training."""
        seconds_an_image = estimated_batch_seconds(self.multiply_adds, 256) / 256 / 3
        return max(64, min(2048, int(CHUNK_SECONDS / seconds_an_image)))

    def _batches_in(self, seconds: float) -> int:
        return max(1, round(seconds / estimated_batch_seconds(self.multiply_adds, self.batch_size)))
