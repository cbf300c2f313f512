"""Any set of classes as a question of yes or no: real digits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from playground.data import load, source
from playground.data.one_class import OneAgainstRest, with_article
from playground.data.points import PointsSource
from playground.data.tables import TABLES
from playground.errors import PlaygroundError
from playground.spec import DatasetSpec, PointsSpec

SEVENS = OneAgainstRest.of(source("mnist-5k"), 7)


def test_is_it_a_7_is_a_binary_task_with_the_same_images() -> None:
    digits, sevens = load("mnist-5k"), SEVENS.load(Path())
    assert sevens.task == SEVENS.task == "binary"
    assert sevens.class_names == SEVENS.class_names == ("not 7", "7")
    assert sevens.title == SEVENS.title == "MNIST, 5,000-image sample: is it a 7?"
    assert torch.equal(sevens.x_train, digits.x_train) and torch.equal(sevens.x_test, digits.x_test)
    assert sevens.y_train.dtype == torch.int64
    assert sevens.y_train.tolist() == [int(digit == 7) for digit in digits.y_train.tolist()]
    assert sevens.y_test.tolist() == [int(digit == 7) for digit in digits.y_test.tolist()]
    assert int(sevens.y_train.sum()) == 400 and int(sevens.y_test.sum()) == 100


def test_the_images_are_shared_not_copied() -> None:
    digits = load("mnist-5k")
    sevens = SEVENS.of_dataset(digits)
    assert sevens.x_train is digits.x_train and sevens.x_test is digits.x_test
    assert int(digits.y_train.max()) == 9


def test_files_and_counts_are_those_of_the_inner_source() -> None:
    inner = source("mnist")
    ones = OneAgainstRest.of(inner, 1)
    assert (ones.name, ones.num_train, ones.num_test) == ("mnist", 60_000, 10_000)
    assert ones.input_shape == (1, 28, 28) and ones.num_classes == 2 and ones.is_images
    assert ones.download_bytes == inner.download_bytes > 10_000_000
    assert ones.status(Path("/nowhere")) == inner.status(Path("/nowhere"))
    assert not ones.is_available(Path("/nowhere"))


@pytest.mark.parametrize("number", [-1, 10])
def test_a_class_that_does_not_exist_is_refused_with_those_that_do(number: int) -> None:
    with pytest.raises(PlaygroundError, match="0 to 9"):
        OneAgainstRest.of(source("mnist"), number)


def test_a_regression_has_no_class_to_ask_for() -> None:
    with pytest.raises(PlaygroundError, match="no classes"):
        OneAgainstRest.of(PointsSource.of("sine", PointsSpec()), 0)


def test_a_table_and_points_can_be_asked_too() -> None:
    wine = OneAgainstRest.of(next(table for table in TABLES if table.name == "wine"), 2)
    loaded = wine.load(Path())
    assert loaded.feature_names == wine.feature_names and len(loaded.feature_names) == 13
    assert int(loaded.y_train.sum()) + int(loaded.y_test.sum()) == 48
    arms = OneAgainstRest.of(PointsSource.of("spiral", PointsSpec(classes=3)), 1)
    assert arms.class_names == ("not B", "B") and arms.example == "point"
    assert torch.bincount(torch.cat([arms.load(Path()).y_train, arms.load(Path()).y_test])).tolist() == [333, 167]


@pytest.mark.parametrize(
    ("name", "said"),
    [("7", "a 7"), ("8", "an 8"), ("F", "an F"), ("U", "a U"), ("Ankle boot", "an Ankle boot"), ("Trouser", "a Trouser"),
     ("Shirt", "a Shirt"), ("setosa", "setosa")],
)  # fmt: skip
def test_the_question_is_asked_in_words(name: str, said: str) -> None:
    assert with_article(name) == said


def test_a_run_that_asks_for_one_class_shares_the_images_of_all_that_look_at_the_same_digits() -> None:
    asked = DatasetSpec(name="mnist-5k", one_class=7)
    assert source(asked) == SEVENS
    assert load(asked).x_train is load("mnist-5k").x_train
    assert load(asked) is load(asked) and load(asked).class_names == ("not 7", "7")
