"""What some batches gave, kept on the device until it is read at once: asking for a number makes the device wait."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from playground.training.checkpoint import Progress
from playground.training.diagnosis import in_words


@dataclass(frozen=True)
class ChunkFigures:
    """The batches up to the first whose loss is no number.

    Attributes:
        losses: the mean loss of each batch.
        accuracies: the share of each batch that was read right.
        trouble: what went wrong in the batch after them; "" when nothing did.
    """

    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    trouble: str


@dataclass
class Chunk:
    """The batches since the last reading."""

    losses: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    labels: list[Tensor] = field(default_factory=list)

    def add(self, loss: Tensor, outputs: Tensor, labels: Tensor) -> None:
        """One batch: its loss, a single number; its outputs `(n, classes)`; its labels `(n,)`."""
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
        right = (torch.cat(self.outputs).argmax(dim=1) == torch.cat(self.labels)).cpu().numpy()
        counts = np.add.reduceat(right, np.cumsum([0, *sizes[:-1]]), dtype=np.int64).tolist()[:good]
        losses, sizes = losses[:good], sizes[:good]
        for loss, size in zip(losses, sizes, strict=True):
            progress.loss_sum += loss * size
        progress.right_sum += sum(counts)
        return ChunkFigures(tuple(losses), tuple(count / size for count, size in zip(counts, sizes, strict=True)), trouble)
