"""The data sets that can be chosen. To add one, add its entry to `SOURCES`: everything else follows from it."""

from __future__ import annotations

import difflib
import string
import threading
from functools import lru_cache
from pathlib import Path

import platformdirs

from playground import settings
from playground.data.dataset import Dataset
from playground.data.one_class import OneAgainstRest
from playground.data.points import FAMILIES, PointsSource
from playground.data.sample import SampleSource
from playground.data.sources import IdxSource, Source, SourceStatus
from playground.data.tables import TABLES
from playground.errors import PlaygroundError
from playground.spec import DatasetSpec, PointsSpec

_DIGITS = tuple(string.digits)
Wanted = str | Source | DatasetSpec

SOURCES: tuple[Source, ...] = (
    IdxSource(
        name="mnist",
        title="MNIST",
        description="70,000 handwritten digits, 28 x 28 pixels: the classic first data set.",
        class_names=_DIGITS,
        num_train=60_000,
        num_test=10_000,
        folder_name="MNIST",
        file_md5s=(
            "6bbc9ace898e44ae57da46a324031adb",
            "a25bea736e30d166cdddb491f175f624",
            "2646ac647ad5339dbf082846283269ea",
            "27ae3e4e09519cfbb04c329615203637",
        ),
        archive_bytes=(9_912_422, 28_881, 1_648_877, 4_542),
    ),
    SampleSource(
        name="mnist-5k",
        title="MNIST, 5,000-image sample",
        description="5,000 digits out of MNIST, 500 of each. Always there, without a download.",
        class_names=_DIGITS,
        num_train=4_000,
        num_test=1_000,
    ),
    IdxSource(
        name="fashion-mnist",
        title="Fashion-MNIST",
        description="70,000 photos of clothes in ten kinds, 28 x 28 pixels: harder than digits.",
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        num_train=60_000,
        num_test=10_000,
        folder_name="FashionMNIST",
        file_md5s=(
            "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "9018921c3c673c538a1fc5bad174d6f9",
            "8181f5470baa50b63fa0f6fddb340f0a",
            "15d484375f8d13e6eb1aabb0c3f46965",
        ),
        archive_bytes=(26_421_880, 29_515, 4_422_102, 5_148),
    ),
    IdxSource(
        name="kmnist",
        title="KMNIST",
        description="70,000 handwritten Japanese characters of ten kinds, 28 x 28 pixels.",
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        num_train=60_000,
        num_test=10_000,
        folder_name="KMNIST",
        archive_bytes=(18_165_135, 29_497, 3_041_136, 5_120),
    ),
    IdxSource(
        name="emnist-letters",
        title="EMNIST letters",
        description="145,600 handwritten letters, A to Z, capital and small together, 28 x 28 pixels.",
        class_names=tuple(string.ascii_uppercase),
        num_train=124_800,
        num_test=20_800,
        folder_name="EMNIST",
        file_names=(
            "emnist-letters-train-images-idx3-ubyte",
            "emnist-letters-train-labels-idx1-ubyte",
            "emnist-letters-test-images-idx3-ubyte",
            "emnist-letters-test-labels-idx1-ubyte",
        ),
        archive_bytes=(561_753_746,),
        # In the files A is 1, and every letter lies on its side, mirrored: rows and columns are swapped.
        first_label=1,
        transposed=True,
    ),
    *TABLES,
    *(PointsSource.of(family, PointsSpec()) for family in FAMILIES),
)

_loaded: dict[tuple[Source, Path], Dataset] = {}
_lock = threading.Lock()


def source(wanted: Wanted) -> Source:
    """The source of that name, or of a run's data settings; a source is handed back as it is.

    Raises:
        PlaygroundError: there is none of that name.
    """
    if isinstance(wanted, Source):
        return wanted
    if isinstance(wanted, str):
        return _named(wanted)
    found = _named(wanted.name)
    if isinstance(found, PointsSource):
        found = PointsSource.of(found.name, wanted.points or PointsSpec())
    return found if wanted.one_class is None else OneAgainstRest.of(found, wanted.one_class)


def _named(name: str) -> Source:
    names = [known.name for known in SOURCES]
    for known in SOURCES:
        if known.name == name:
            return known
    close = difflib.get_close_matches(name.lower().replace("_", "-"), names, n=1)
    raise PlaygroundError(
        f"There is no data set called {name!r}.",
        f"The data sets are: {', '.join(names)}.",
        f"Did you mean {close[0]!r}?" if close else "Choose one of these.",
    )


def data_folder() -> Path:
    """The folder of the data sets: PLAYGROUND_DATA_DIR, or the user's cache folder."""
    chosen = settings.text("data_dir").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_cache_dir("neural-network-playground", appauthor=False))


def load(wanted: Wanted) -> Dataset:
    """A data set from the data folder, verified when it is first read; later calls give the same object.

    Raises:
        PlaygroundError: unknown, not downloaded (this never downloads), or damaged.
    """
    chosen, folder = source(wanted), data_folder()
    if isinstance(chosen, PointsSource):
        return chosen.load(folder)  # made at once; each draw is a data set of its own, and it keeps the latest
    if isinstance(chosen, OneAgainstRest):
        return _asked(chosen, load(chosen.inner))
    with _lock:
        key = (chosen, folder)
        if key not in _loaded:
            _loaded[key] = chosen.load(folder)
        return _loaded[key]


@lru_cache(maxsize=16)
def _asked(question: OneAgainstRest, inner: Dataset) -> Dataset:
    return question.of_dataset(inner)


def status(wanted: Wanted) -> SourceStatus:
    """Whether a data set lies in the data folder, from file names and sizes alone."""
    return source(wanted).status(data_folder())


def is_available(wanted: Wanted) -> bool:
    """Whether every file of a data set is there in its full size. Only `load` verifies what is in them."""
    return source(wanted).is_available(data_folder())
