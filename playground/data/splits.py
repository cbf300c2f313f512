"""Which images of the training set are learnt from, and which only watch; and the scale of those learnt from."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from playground.data.dataset import Dataset
from playground.errors import PlaygroundError
from playground.seeds import generator, stream_seed

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


def split(
    dataset: Dataset,
    training_size: int | None,
    validation_share: float,
    seed: int,
    folds: int | None = None,
    fold: int | None = None,
) -> Split:
    """Cut a validation set from the training set, and limit what is left for training.

    The validation set is cut first: `validation_share` of the whole training set, whatever `training_size` is. So two
    runs that differ in their training size alone are judged on the same images. `training_size` then limits the rest,
    and a smaller training set is always a part of a larger one. The same arguments give the same split, on its own
    stream of random numbers. The test set is not touched.

    Args:
        dataset: its `x_train` is cut.
        training_size: most images to train on; None for all that remain. When fewer remain, those are used.
        validation_share: from 0 to 0.5; not looked at when folds are given.
        seed: the run's seed.
        folds, fold: cross-validation. The training set is cut into `folds` parts with the classes in equal shares, and
            part number `fold` (from 0) validates. With one seed the parts have no image in common and are together
            the whole training set.

    Raises:
        PlaygroundError: a share, size or fold out of range, or no image left to train on.
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
    if folds is not None:
        return _fold_split(dataset, training_size, seed, folds, fold)
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


def _fold_split(dataset: Dataset, training_size: int | None, seed: int, folds: int, fold: int | None) -> Split:
    from sklearn.model_selection import KFold, StratifiedKFold  # late: it takes longer to import than most runs to begin

    if fold is None or not 0 <= fold < folds:
        raise PlaygroundError(
            f"Fold {fold} of {folds} does not exist.", f"The folds are 0 to {folds - 1}.", "Choose one of them."
        )
    labels = dataset.y_train.numpy()
    is_number = dataset.task == "regression"
    most = most_folds(dataset)
    if not 2 <= folds <= most:
        raise PlaygroundError(
            f"{dataset.title} cannot be cut into {folds} folds.",
            f"At least 2 are needed, and at most {most}{'' if is_number else ', the size of its largest class'}.",
            "Choose another number of folds.",
        )
    kind = KFold if is_number else StratifiedKFold
    parts = kind(folds, shuffle=True, random_state=stream_seed(seed, "folds") % 2**32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer images than folds is missing in some of them
        _, rows = list(parts.split(labels, labels))[fold]
    validation = torch.from_numpy(rows).long()
    order = torch.randperm(len(labels), generator=generator(seed, "split"))
    train = order[~torch.isin(order, validation)]
    return Split(train=train[:training_size], validation=validation)


def most_folds(dataset: Dataset) -> int:
    """Into how many folds the training examples can be cut: as many as there are; of classes, as many as the largest has."""
    labels = dataset.y_train.numpy()
    return len(labels) if dataset.task == "regression" or not len(labels) else int(np.bincount(labels).max())


def column_standardisation(values: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each column over the chosen rows (the population's, divided by n), in float64 arithmetic.

    Args:
        values: float32 (n, d).
        indices: int64 (m,), at least one.

    Returns:
        (mean, std), float32 (d,); std is 1 where all rows are equal, so that dividing by it is safe.
    """
    rows = values[indices].double()
    mean = rows.mean(dim=0)
    spread = (rows - mean).square().mean(dim=0).sqrt()
    # A column of equal numbers may come out at a rounding error instead of 0.
    flat = spread <= 1e-12 * mean.abs().clamp_min(1)
    return mean.float(), torch.where(flat, torch.ones_like(spread), spread).float()


def standardisation(x_train: Tensor, indices: Tensor) -> tuple[float, float]:
    """Mean and standard deviation of the pixels of the chosen images, on the scale where 255 is 1.

    Exact: computed from whole-number sums of x and x^2 over each image, sigma^2 = E[x^2] - E[x]^2 in float64 (the
    population's, divided by n). The sums of a data set are kept, so that a run starts without reading it all again.

    Args:
        x_train: uint8 (n, c, h, w).
        indices: int64 (m,), at least one.

    Returns:
        (mean, std); std is 1.0 where all pixels are equal, so that dividing by it is safe.
    """
    sums = _image_sums(x_train)[indices].sum(dim=0).double()
    pixels = len(indices) * x_train[0].numel()
    mean = float(sums[0] / pixels)
    variance = max(0.0, float(sums[1] / pixels) - mean**2)
    return mean / 255, (variance**0.5 / 255) or 1.0


@lru_cache(maxsize=8)
def _image_sums(x_train: Tensor) -> Tensor:
    """int64 (n, 2): the sums of x and of x^2 over the pixels of each image."""
    sums = []
    # In blocks: each pixel becomes four bytes for a moment.
    for block in x_train.flatten(1).split(1024):
        pixels = block.int()
        sums.append(torch.stack([pixels.sum(dim=1), (pixels * pixels).sum(dim=1)], dim=1))
    return torch.cat(sums)
