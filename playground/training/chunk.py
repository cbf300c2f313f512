"""What some batches gave, kept on the device until it is read at once: asking for a number makes the device wait."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from playground.catalog.losses import LossEntry
from playground.training.checkpoint import Progress
from playground.training.diagnosis import in_words
from playground.training.evaluation import example_scores


@dataclass(frozen=True)
class ChunkFigures:
    """The batches up to the first whose loss is no number.

    Attributes:
        losses: the mean loss of each batch.
        accuracies: the score of each batch: the share that was read right, or the R² of a regression.
        trouble: what went wrong in the batch after them; "" when nothing did.
    """

    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    trouble: str


@dataclass
class Chunk:
    """The batches since the last reading.

    Attributes:
        loss: by which the outputs are read.
        variance: of the targets of a regression.
    """

    loss: LossEntry
    variance: float
    losses: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    labels: list[Tensor] = field(default_factory=list)

    def add(self, loss: Tensor, outputs: Tensor, labels: Tensor) -> None:
        """One batch: its loss, a single number; its outputs `(n, outputs)`; its labels `(n,)`, or targets `(n, 1)`."""
        self.losses.append(loss.detach())
        self.outputs.append(outputs.detach())
        self.labels.append(labels)

    def read(self, progress: Progress) -> ChunkFigures:
        """All figures, in one reading. `progress`, which counts all of the batches, is set back behind the last good one."""
        losses = torch.stack(self.losses).tolist()
        sizes = [len(labels) for labels in self.labels]
        good = next((number for number, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
        trouble = ""
        if good < len(losses):
            progress.step -= len(losses) - good
            progress.offset -= sum(sizes[good:])
            progress.images -= sum(sizes[good:])
            trouble = f"The loss became {in_words(losses[good])} at batch {progress.step + 1}, in epoch {progress.epoch + 1}"
        scores = example_scores(torch.cat(self.outputs), torch.cat(self.labels), self.loss, self.variance).double().cpu().numpy()
        sums = np.add.reduceat(scores, np.cumsum([0, *sizes[:-1]])).tolist()[:good]
        losses, sizes = losses[:good], sizes[:good]
        for loss, size in zip(losses, sizes, strict=True):
            progress.loss_sum += loss * size
        progress.right_sum += sum(sums)
        return ChunkFigures(tuple(losses), tuple(one / size for one, size in zip(sums, sizes, strict=True)), trouble)
