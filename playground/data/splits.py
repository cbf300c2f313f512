"""Which images of the training set are learnt from, and which only watch; and the scale of those learnt from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from playground.data.dataset import Dataset
from playground.errors import PlaygroundError
from playground.seeds import generator

_LARGEST_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Split:
    """Two sets of rows of `x_train` with none in common.

    Attributes:
        train: int64 (n,).
        validation: int64 (m,); empty when the validation share is 0.
    """

    train: Tensor
    validation: Tensor


def split(dataset: Dataset, training_size: int | None, validation_share: float, seed: int) -> Split:
    """Cut a validation set from the training set, and limit what is left for training.

    The validation set is cut first: `validation_share` of the whole training set, whatever `training_size` is. So two
    runs that differ in their training size alone are judged on the same images. `training_size` then limits the rest,
    and a smaller training set is always a part of a larger one. The same arguments give the same split, on its own
    stream of random numbers. The test set is not touched.

    Args:
        dataset: its `x_train` is cut.
        training_size: most images to train on; None for all that remain. When fewer remain, those are used.
        validation_share: from 0 to 0.5.
        seed: the run's seed.

    Raises:
        PlaygroundError: a share or size out of range, or no image left to train on.
    """
    if not 0.0 <= validation_share <= _LARGEST_SHARE:
        raise PlaygroundError(
            f"The validation share is {validation_share:g}.",
            f"It must lie between 0 and {_LARGEST_SHARE:g}.",
            "Choose 0.1 for one image in ten.",
        )
    if training_size is not None and training_size < 1:
        raise PlaygroundError(
            f"The training size is {training_size}.", "At least one image is needed to train on.", "Choose 1 or more."
        )
    num_images = len(dataset.x_train)
    num_validation = round(num_images * validation_share)
    if num_validation >= num_images:
        raise PlaygroundError(
            f"{dataset.title} has {num_images} training images, which leaves none to train on.",
            f"{num_validation} of them would be used for validation.",
            "Choose a smaller validation share.",
        )
    order = torch.randperm(num_images, generator=generator(seed, "split"))
    end = None if training_size is None else num_validation + training_size
    return Split(train=order[num_validation:end], validation=order[:num_validation])


def standardisation(x_train: Tensor, indices: Tensor) -> tuple[float, float]:
    """Mean and standard deviation of the pixels of the chosen images, on the scale where 255 is 1.

    Exact: computed from how often each of the 256 pixel values occurs, sigma^2 = E[x^2] - E[x]^2 in float64 (the
    population's, divided by n).

    Args:
        x_train: uint8 (n, c, h, w).
        indices: int64 (m,), at least one.

    Returns:
        (mean, std); std is 1.0 where all pixels are equal, so that dividing by it is safe.
    """
    counts = torch.zeros(256, dtype=torch.int64)
    # In blocks: counting turns each pixel into 8 bytes for a moment.
    for block in indices.split(1024):
        counts += torch.bincount(x_train[block].flatten(), minlength=256)
    values = torch.arange(256, dtype=torch.float64) / 255.0
    frequencies = counts.double() / counts.sum()
    mean = (frequencies * values).sum()
    std = (frequencies * (values - mean).square()).sum().sqrt()
    return float(mean), float(std) or 1.0
