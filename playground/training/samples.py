"""The dozen images whose reading a run tells now and then, for the page to show."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from playground.catalog.losses import LossEntry
from playground.data import Dataset
from playground.training.batches import Batches
from playground.training.diagnosis import Diverged
from playground.training.events import SamplesPredicted

SAMPLES = 12


class SampleImages:
    """The first validation images (training images, where there are none); none of data that are no images.

    Attributes:
        indices: into the training images, int64.
    """

    def __init__(self, data: Dataset, batches: Batches) -> None:
        rows = batches.validation if len(batches.validation) else batches.train
        self.indices = rows[: SAMPLES if data.is_images else 0]
        self._images = data.x_train[self.indices]
        self._batches = batches

    def read(self, network: nn.Module, loss: LossEntry, step: int, device: str) -> SamplesPredicted:
        """What the network takes them for after batch `step`.

        Raises:
            Diverged: its outputs are no numbers any more.
        """
        if not len(self.indices):
            return SamplesPredicted(step, ())
        network.eval()
        with torch.inference_mode():
            outputs: Tensor = network(self._batches.inputs(self._images.to(device)))
            probabilities = loss.probabilities(outputs)
        network.train()
        if not probabilities.isfinite().all():
            raise Diverged(f"The outputs became infinite after batch {step}")
        return SamplesPredicted(step, tuple(tuple(row) for row in probabilities.tolist()))
