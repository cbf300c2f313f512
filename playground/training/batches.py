"""From uint8 images in memory to the float batches that a network sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from playground.catalog.augmentations import AugmentationEntry, augment
from playground.data import Dataset
from playground.data.splits import split, standardisation
from playground.seeds import generator
from playground.spec import DatasetSpec
from playground.training.runtime import Runtime

IMAGES_AT_ONCE = 256


class Batches:
    """The images of one run: which are trained on and which validate, and how pixels become inputs.

    Attributes:
        train, validation: indices into the training images, int64.
        mean, spread: of the pixels in [0, 1]; 0 and 1 when the run does not normalise.
    """

    def __init__(self, spec: DatasetSpec, data: Dataset, seed: int, runtime: Runtime) -> None:
        cut = split(data, spec.training_size, spec.validation_share, seed, spec.folds, spec.fold)
        self.train, self.validation = cut.train, cut.validation
        self.mean, self.spread = standardisation(data.x_train, cut.train) if spec.normalise else (0.0, 1.0)
        self._seed = seed
        self._runtime = runtime
        self._x_train, self._y_train = data.x_train.to(runtime.device), data.y_train.to(runtime.device)
        self._x_test, self._y_test = data.x_test.to(runtime.device), data.y_test.to(runtime.device)

    def order(self, epoch: int) -> Tensor:
        """The training images of `epoch` in their shuffled order, int64."""
        draws = generator(self._seed, "shuffle", epoch)
        return self.train[torch.randperm(len(self.train), generator=draws)].to(self._x_train.device)

    def training_batches(
        self, indices: Tensor, batch_size: int, augmentation: Sequence[AugmentationEntry], step: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs `(n, c, h, w)` float32 and labels `(n,)` int64 of one batch after another.

        Args:
            indices: the images, int64, in order.
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
        # Small batches are fetched several at a time: fewer operations, and what they leave still fits into the cache.
        for group in indices.split(max(1, IMAGES_AT_ONCE // batch_size) * batch_size):
            inputs = self.inputs(self._x_train.index_select(0, group))
            labels = self._y_train.index_select(0, group)
            yield from zip(inputs.split(batch_size), labels.split(batch_size), strict=True)

    def split_images(self, name: str) -> tuple[Tensor, Tensor]:
        """uint8 images and labels of "train", "validation" or "test", in a fixed order."""
        if name == "test":
            return self._x_test, self._y_test
        indices = (self.validation if name == "validation" else self.train).to(self._x_train.device)
        return self._x_train.index_select(0, indices), self._y_train.index_select(0, indices)

    def inputs(self, images: Tensor) -> Tensor:
        """uint8 `(n, c, h, w)` -> what the network sees, float32."""
        scale = 1 / (255 * self.spread)
        return self._format(images.float().sub_(255 * self.mean).mul_(scale))

    def _standardise(self, images: Tensor) -> Tensor:
        return images.sub_(self.mean).mul_(1 / self.spread)

    def _format(self, images: Tensor) -> Tensor:
        return images.contiguous(memory_format=self._runtime.memory_format) if self._runtime.channels_last else images
