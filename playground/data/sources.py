"""What a source of data is: a data set's name card, and how it is read from the data folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from playground.catalog.task import Task
from playground.data import idx
from playground.data.dataset import Dataset
from playground.data.idx import IdxFile
from playground.data.published import Published, published_by_torchvision
from playground.errors import PlaygroundError


@dataclass(frozen=True)
class SourceStatus:
    """Whether a data set can be loaded, found out without reading it.

    Attributes:
        name: the slug of the source.
        state: "ready"; "incomplete" when files are missing or have the wrong size; "missing" when none is there.
        folder: where its files belong; None when they come with the playground.
        faulty_files: the names of the files that are missing or have the wrong size.
        message: one sentence about it.
    """

    name: str
    state: Literal["ready", "incomplete", "missing"]
    folder: Path | None
    faulty_files: tuple[str, ...]
    message: str


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """A data set that can be chosen.

    Attributes:
        name: its slug, as in `playground.data.load("mnist")`.
        title: its name for people.
        description: one line about it.
        class_names: one name a class, in the order of the labels; none for a regression.
        num_train: examples in the training set.
        num_test: examples in the test set.
        task: what is learnt from it.
        input_shape: the shape of one example, (channels, height, width) for images, (columns,) for tables.
        feature_names: one name a column; none for images.
        target_name: what a regression tells, with its unit.
        example: what one example is called: "image", "row" or "point".
    """

    name: str
    title: str
    description: str
    class_names: tuple[str, ...]
    num_train: int
    num_test: int
    task: Task = "classification"
    input_shape: tuple[int, ...] = (1, 28, 28)
    feature_names: tuple[str, ...] = ()
    target_name: str = ""
    example: str = "image"

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def examples(self) -> str:
        """What several of its examples are called."""
        return f"{self.example}s"

    @property
    def is_images(self) -> bool:
        return len(self.input_shape) == 3

    @property
    def download_bytes(self) -> int:
        """What a download of the whole set transfers, about; 0 when there is nothing to download."""
        return 0

    @abstractmethod
    def status(self, folder: Path) -> SourceStatus:
        """What lies in the data folder, from names and sizes alone (well under a millisecond)."""

    @abstractmethod
    def load(self, folder: Path) -> Dataset:
        """The data set, every file verified.

        Raises:
            PlaygroundError: it is not there, or a file is damaged; the file is named.
        """

    def is_available(self, folder: Path) -> bool:
        return self.status(folder).state == "ready"


@dataclass(frozen=True, kw_only=True)
class IdxSource(Source):
    """A set of 8-bit images in four IDX files under `<data folder>/<folder_name>/raw`, as torchvision lays them out.

    Attributes:
        folder_name: the folder; also the torchvision class that knows the mirrors and checksums, unless `published`.
        file_names: training images, training labels, test images, test labels; without ".gz".
        file_md5s: of the same files, uncompressed, where they are known; else empty. torchvision knows only those of
            the compressed ones, which are often deleted.
        archive_bytes: the sizes of the published archives, for the progress bar.
        image_size: (height, width) in pixels.
        first_label: the smallest label in the files.
        transposed: rows and columns are swapped in the files.
        published: where it is published; None: what torchvision says.
    """

    folder_name: str
    file_names: tuple[str, str, str, str] = (
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    )
    file_md5s: tuple[str, ...] = ()
    archive_bytes: tuple[int, ...] = ()
    image_size: tuple[int, int] = (28, 28)
    first_label: int = 0
    transposed: bool = False
    published: Published | None = None

    @property
    def download_bytes(self) -> int:
        return sum(self.archive_bytes)

    @cached_property
    def files(self) -> tuple[IdxFile, ...]:
        """Training images, training labels, test images, test labels, as they have to be."""
        md5s: tuple[str | None, ...] = self.file_md5s or (None,) * 4
        labels = {"smallest": self.first_label, "largest": self.first_label + len(self.class_names) - 1}
        names = self.file_names
        return (
            IdxFile(names[0], (self.num_train, *self.image_size), md5=md5s[0]),
            IdxFile(names[1], (self.num_train,), md5=md5s[1], **labels),
            IdxFile(names[2], (self.num_test, *self.image_size), md5=md5s[2]),
            IdxFile(names[3], (self.num_test,), md5=md5s[3], **labels),
        )

    @cached_property
    def publication(self) -> Published:
        """Where the files are published, with their checksums. May import torchvision, which takes two seconds: ask
        only when something must be downloaded or a compressed file verified."""
        return self.published or published_by_torchvision(self.folder_name)

    def raw_folder(self, folder: Path) -> Path:
        return folder / self.folder_name / "raw"

    def status(self, folder: Path) -> SourceStatus:
        raw = self.raw_folder(folder)
        faulty = tuple(file.name for file in self.files if not idx.looks_complete(raw, file))
        if not faulty:
            return SourceStatus(self.name, "ready", raw, (), f"{self.title} is on this computer.")
        if not any(_is_there(raw, name) for name in self.file_names):
            return SourceStatus(self.name, "missing", raw, faulty, f"{self.title} is not on this computer yet.")
        message = f"{self.title} is incomplete: {', '.join(faulty)} missing or cut short."
        return SourceStatus(self.name, "incomplete", raw, faulty, message)

    def load(self, folder: Path) -> Dataset:
        raw = self.raw_folder(folder)
        absent = [name for name in self.file_names if not _is_there(raw, name)]
        if absent:
            raise PlaygroundError(
                self.status(folder).message,
                f"In {raw}, these files were expected: {', '.join(absent)}.",
                f"Download it: python -m playground data download {self.name}",
            )
        x_train, y_train, x_test, y_test = (self.read(raw, file) for file in self.files)
        if self.transposed:
            x_train, x_test = x_train.transpose(1, 2).contiguous(), x_test.transpose(1, 2).contiguous()
        return Dataset(
            name=self.name,
            title=self.title,
            task=self.task,
            x_train=x_train.unsqueeze(1),
            y_train=y_train.long() - self.first_label,
            x_test=x_test.unsqueeze(1),
            y_test=y_test.long() - self.first_label,
            class_names=self.class_names,
        )

    def read(self, raw: Path, file: IdxFile) -> idx.Tensor:
        """One of the four files, verified; uint8, shaped and labelled as in the file."""
        return idx.read(raw, file, archive_md5=lambda: self.publication.md5(f"{file.name}.gz"))


def _is_there(raw: Path, name: str) -> bool:
    return idx.is_file(raw / name) or idx.is_file(raw / f"{name}.gz")
