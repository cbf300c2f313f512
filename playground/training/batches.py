"""From the images or rows in memory to the float batches that a network sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from playground.catalog.augmentations import AugmentationEntry, augment
from playground.data import Dataset
from playground.data.splits import column_standardisation, split, standardisation
from playground.seeds import generator
from playground.spec import DatasetSpec
from playground.training.runtime import Runtime

IMAGES_AT_ONCE = 256


class Batches:
    """The examples of one run: which are trained on and which validate, and how they become inputs and targets.

    Attributes:
        train, validation: indices into the training examples, int64.
        mean, spread: of the pixels in [0, 1], numbers; or of each column of a table, float32 `(d,)`. 0 and 1 when the run does
            not normalise. Of the training split only.
        target_mean, target_spread: the same of a regression's targets: an output times the spread plus the mean is in the
            target's own unit. 0 and 1 for classes.
        target_variance: of the training split's targets as the loss sees them; 1 when they are all equal, and for classes.
    """

    def __init__(self, spec: DatasetSpec, data: Dataset, seed: int, runtime: Runtime) -> None:
        cut = split(data, spec.training_size, spec.validation_share, seed, spec.folds, spec.fold)
        self.train, self.validation = cut.train, cut.validation
        self.mean: float | Tensor
        self.spread: float | Tensor
        self.mean, self.spread = _scale(data, cut.train) if spec.normalise else (0.0, 1.0)
        self._is_images = data.is_images
        self._seed = seed
        self._runtime = runtime
        self.target_mean, self.target_spread, self.target_variance = _target_scale(data, cut.train, spec.normalise)
        self._x_train, self._y_train = data.x_train.to(runtime.device), self._targets(data.y_train).to(runtime.device)
        self._x_test, self._y_test = data.x_test.to(runtime.device), self._targets(data.y_test).to(runtime.device)
        if isinstance(self.mean, Tensor) and isinstance(self.spread, Tensor):
            self.mean, self.spread = self.mean.to(runtime.device), self.spread.to(runtime.device)
        self._rows = None if data.is_images else self.inputs(self._x_train)  # few and small: scaled once

    def order(self, epoch: int) -> Tensor:
        """The training images of `epoch` in their shuffled order, int64."""
        draws = generator(self._seed, "shuffle", epoch)
        return self.train[torch.randperm(len(self.train), generator=draws)].to(self._x_train.device)

    def training_batches(
        self, indices: Tensor, batch_size: int, augmentation: Sequence[AugmentationEntry], step: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs `(n, c, h, w)` or `(n, d)` float32 and labels `(n,)` int64, or targets `(n, 1)` float32, of one batch after
        another.

        Args:
            indices: the examples, int64, in order.
            augmentation: applied with draws that depend on the batch's step only.
            step: of the first batch.
        """
        if augmentation:
            for batch in indices.split(batch_size):
                images = self._x_train.index_select(0, batch).float().div_(255)
                draws = generator(self._seed, "augmentation", step, self._x_train.device)
                yield self._format(self._standardise(augment(images, augmentation, draws))), self._y_train.index_select(0, batch)
                step += 1
            return
        if self._rows is not None:
            # Each batch in memory of its own: where a batch begins decides the last digits of what is computed from it.
            for batch in indices.split(batch_size):
                yield self._rows.index_select(0, batch), self._y_train.index_select(0, batch)
            return
        # Small batches are fetched several at a time: fewer operations, and what they leave still fits into the cache.
        for group in indices.split(max(1, IMAGES_AT_ONCE // batch_size) * batch_size):
            inputs = self.inputs(self._x_train.index_select(0, group))
            labels = self._y_train.index_select(0, group)
            yield from zip(inputs.split(batch_size), labels.split(batch_size), strict=True)

    def split_images(self, name: str) -> tuple[Tensor, Tensor]:
        """The images or rows of "train", "validation" or "test" as they lie in memory, and their labels (or targets, as the loss
        sees them), in a fixed order."""
        if name == "test":
            return self._x_test, self._y_test
        indices = (self.validation if name == "validation" else self.train).to(self._x_train.device)
        return self._x_train.index_select(0, indices), self._y_train.index_select(0, indices)

    def inputs(self, examples: Tensor) -> Tensor:
        """uint8 images `(n, c, h, w)` or float32 rows `(n, d)` -> what the network sees, float32."""
        if not self._is_images:
            return (examples - self.mean).div_(self.spread)
        scale = 1 / (255 * self.spread)
        return self._format(examples.float().sub_(255 * self.mean).mul_(scale))

    def _targets(self, labels: Tensor) -> Tensor:
        if not labels.is_floating_point():
            return labels
        return (labels - self.target_mean) / self.target_spread

    def _standardise(self, images: Tensor) -> Tensor:
        return images.sub_(self.mean).mul_(1 / self.spread)

    def _format(self, images: Tensor) -> Tensor:
        return images.contiguous(memory_format=self._runtime.memory_format) if self._runtime.channels_last else images


def _scale(data: Dataset, train: Tensor) -> tuple[float | Tensor, float | Tensor]:
    return standardisation(data.x_train, train) if data.is_images else column_standardisation(data.x_train, train)


def _target_scale(data: Dataset, train: Tensor, normalise: bool) -> tuple[float, float, float]:
    """Mean and spread of a regression's targets, and their variance after these were taken off."""
    if not data.y_train.is_floating_point():
        return 0.0, 1.0, 1.0
    mean, spread = (float(value) for value in column_standardisation(data.y_train, train))
    return (mean, spread, 1.0) if normalise else (0.0, 1.0, spread**2)
