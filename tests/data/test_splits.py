"""Cutting the validation set, and the scale of the training pixels."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from playground.data import Dataset, load
from playground.data.splits import split, standardisation
from playground.errors import PlaygroundError
from playground.seeds import stream_seed


def of_size(num_images: int) -> Dataset:
    x, y = torch.zeros(num_images, 1, 2, 2, dtype=torch.uint8), torch.zeros(num_images, dtype=torch.int64)
    return Dataset("blank", "Blank", "classification", x, y, x, y, ("a", "b"))


@pytest.mark.parametrize(
    ("training_size", "share", "num_train", "num_validation"),
    [(None, 0.1, 900, 100), (None, 0.0, 1000, 0), (500, 0.1, 500, 100), (1, 0.5, 1, 500), (5000, 0.2, 800, 200)],
)
def test_the_validation_set_is_cut_first_and_the_training_size_limits_the_rest(
    training_size: int | None, share: float, num_train: int, num_validation: int
) -> None:
    cut = split(of_size(1000), training_size, share, seed=3)
    assert (len(cut.train), len(cut.validation)) == (num_train, num_validation)
    assert cut.train.dtype == cut.validation.dtype == torch.int64
    both = set(cut.train.tolist()) | set(cut.validation.tolist())
    assert len(both) == num_train + num_validation
    assert both <= set(range(1000))


def test_the_same_seed_gives_the_same_split_and_leaves_other_random_numbers_alone() -> None:
    torch.manual_seed(1)
    one = split(of_size(1000), None, 0.1, seed=3)
    drawn = torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(3), drawn)
    assert torch.equal(split(of_size(1000), None, 0.1, seed=3).train, one.train)
    assert not torch.equal(split(of_size(1000), None, 0.1, seed=4).train, one.train)


def test_a_smaller_training_set_is_part_of_a_larger_one_and_is_judged_on_the_same_images() -> None:
    small, large = split(of_size(1000), 50, 0.1, seed=3), split(of_size(1000), 400, 0.1, seed=3)
    assert set(small.train.tolist()) < set(large.train.tolist())
    assert torch.equal(small.validation, large.validation)


@pytest.mark.parametrize(
    ("num_images", "training_size", "share", "said"),
    [
        (10, None, 0.6, "between 0 and 0.5"),
        (10, None, -0.1, "between 0 and 0.5"),
        (10, None, float("nan"), "between 0 and 0.5"),
        (10, 0, 0.1, "At least one image"),
        (0, None, 0.1, "leaves none to train on"),
    ],
)
def test_an_impossible_split_says_what_is_possible(num_images: int, training_size: int | None, share: float, said: str) -> None:
    with pytest.raises(PlaygroundError, match=said):
        split(of_size(num_images), training_size, share, seed=0)


@pytest.mark.parametrize("folds", [2, 5, 7])
def test_the_folds_are_a_partition_of_the_training_images_with_every_class_in_its_share(folds: int) -> None:
    sample = load("mnist-5k")
    cuts = [split(sample, None, 0.1, seed=3, folds=folds, fold=fold) for fold in range(folds)]
    num_images = len(sample.x_train)
    assert sorted(row for cut in cuts for row in cut.validation.tolist()) == list(range(num_images))
    for cut in cuts:
        assert sorted(cut.train.tolist() + cut.validation.tolist()) == list(range(num_images))
        counts = torch.bincount(sample.y_train[cut.validation], minlength=10)
        shares = torch.bincount(sample.y_train, minlength=10) / folds
        assert (counts - shares).abs().max() < 1


def test_folds_are_those_of_scikit_learn_and_follow_the_seed() -> None:
    from sklearn.model_selection import StratifiedKFold

    sample = load("mnist-5k")
    labels = sample.y_train.numpy()
    oracle = StratifiedKFold(4, shuffle=True, random_state=stream_seed(3, "folds") % 2**32).split(labels, labels)
    for fold, (_, rows) in enumerate(oracle):
        assert split(sample, None, 0.1, seed=3, folds=4, fold=fold).validation.tolist() == rows.tolist()
    other = split(sample, None, 0.1, seed=4, folds=4, fold=0)
    assert not torch.equal(other.validation, split(sample, None, 0.1, seed=3, folds=4, fold=0).validation)


def test_the_training_size_limits_what_a_fold_leaves_and_mixes_the_classes() -> None:
    sample = load("mnist-5k")
    small = split(sample, 200, 0.1, seed=3, folds=5, fold=1)
    large = split(sample, 1000, 0.1, seed=3, folds=5, fold=1)
    assert len(small.train) == 200 and set(small.train.tolist()) < set(large.train.tolist())
    assert not set(small.train.tolist()) & set(small.validation.tolist())
    assert len(sample.y_train[small.train].unique()) == 10


@pytest.mark.parametrize(
    ("folds", "fold", "said"), [(5, 5, "0 to 4"), (5, None, "0 to 4"), (5, -1, "0 to 4"), (11, 0, "at most")]
)
def test_a_fold_that_cannot_be_says_what_can(folds: int, fold: int | None, said: str) -> None:
    with pytest.raises(PlaygroundError, match=said):
        split(of_size(10), None, 0.1, seed=0, folds=folds, fold=fold)


def test_standardisation_is_that_of_numpy_over_the_chosen_images_alone() -> None:
    sample = load("mnist-5k")
    indices = split(sample, 1500, 0.1, seed=5).train
    mean, std = standardisation(sample.x_train, indices)
    pixels = sample.x_train.numpy()[indices.numpy()].astype(np.float64) / 255
    assert mean == pytest.approx(pixels.mean(), rel=1e-12)
    assert std == pytest.approx(pixels.std(), rel=1e-12)


@pytest.mark.skipif(not os.environ.get("PLAYGROUND_DATA_DIR"), reason="PLAYGROUND_DATA_DIR is not set")
def test_full_mnist_has_the_mean_and_deviation_that_everybody_quotes() -> None:
    mean, std = standardisation(load("mnist").x_train, torch.arange(60_000))
    assert (round(mean, 4), round(std, 4)) == (0.1307, 0.3081)


def test_images_of_one_grey_can_still_be_divided_by_their_deviation() -> None:
    grey = torch.full((3, 1, 2, 2), 51, dtype=torch.uint8)
    assert standardisation(grey, torch.arange(3)) == (pytest.approx(0.2), 1.0)
