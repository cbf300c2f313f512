"""Every source against what torchvision itself knows and reads."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_data import NUM_TEST, NUM_TRAIN, Mirror, Tiny, idx_bytes

from playground.data import SOURCES, load, source
from playground.data.published import published_by_torchvision
from playground.data.sources import IdxSource
from playground.errors import PlaygroundError
from playground.torchvision_compat import import_torchvision

FULL_DATA = os.environ.get("PLAYGROUND_DATA_DIR", "")
needs_full_data = pytest.mark.skipif(not FULL_DATA, reason="PLAYGROUND_DATA_DIR is not set")
IDX_SOURCES = [known for known in SOURCES if isinstance(known, IdxSource)]


@needs_full_data
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_torchvision_reads_the_same_images_and_labels(name: str) -> None:
    datasets = import_torchvision().datasets
    ours, chosen = load(name), source(name)
    assert isinstance(chosen, IdxSource)
    torchvisions = getattr(datasets, chosen.folder_name)
    for train, x, y in ((True, ours.x_train, ours.y_train), (False, ours.x_test, ours.y_test)):
        theirs = torchvisions(root=FULL_DATA, train=train, download=False)
        assert x.dtype == torch.uint8
        assert y.dtype == torch.int64
        assert torch.equal(x[:, 0], theirs.data)
        assert torch.equal(y, theirs.targets)


@needs_full_data
def test_loading_full_mnist_does_not_wait_for_torchvision() -> None:
    script = "import sys, playground.data as d; d.load('mnist'); print('torchvision' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.parametrize("chosen", IDX_SOURCES, ids=lambda chosen: chosen.name)
def test_torchvision_publishes_every_file_of_a_source(chosen: IdxSource) -> None:
    published = published_by_torchvision(chosen.folder_name)
    for name in chosen.file_names:
        archive = published.archive_with(name)
        assert archive.md5
        assert archive.is_zip == (chosen.name == "emnist-letters")
    assert len(chosen.archive_bytes) == len(published.archives)
    assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in published.mirrors)


def test_class_names_are_those_of_torchvision() -> None:
    datasets = import_torchvision().datasets
    assert list(source("fashion-mnist").class_names) == datasets.FashionMNIST.classes
    assert list(source("kmnist").class_names) == datasets.KMNIST.classes
    assert [name[0] for name in datasets.MNIST.classes] == list(source("mnist").class_names)
    letters = datasets.EMNIST.classes_split_dict["letters"]
    assert [letter.upper() for letter in letters[1:]] == list(source("emnist-letters").class_names)


def test_emnist_letters_stand_upright_and_count_from_zero(tmp_path: Path) -> None:
    datasets = import_torchvision().datasets
    images = load("mnist-5k").x_train[:26, 0]
    labels = torch.arange(26)
    emnist = source("emnist-letters")
    assert isinstance(emnist, IdxSource)
    small = dataclasses.replace(emnist, num_train=26, num_test=26)
    raw = small.raw_folder(tmp_path)
    raw.mkdir(parents=True)
    for images_name, labels_name in (small.file_names[:2], small.file_names[2:]):
        (raw / images_name).write_bytes(idx_bytes(images.transpose(1, 2)))
        (raw / labels_name).write_bytes(idx_bytes(labels + 1))
    ours = small.load(tmp_path)
    assert torch.equal(ours.x_train[:, 0], images)
    assert torch.equal(ours.y_test, labels)
    assert ours.class_names[int(ours.y_train[0])] == "A"
    # torchvision leaves them lying, and leaves class 0 empty; its file names and ours are the same.
    theirs = datasets.EMNIST(root=tmp_path, split="letters", train=False)
    assert torch.equal(theirs.data.transpose(1, 2), ours.x_test[:, 0])
    assert torch.equal(theirs.targets - 1, ours.y_test)


@pytest.mark.parametrize(("raw", "packed"), [(True, False), (False, True), (True, True)])
def test_a_set_loads_from_every_layout_that_torchvision_leaves(tmp_path: Path, tiny: Tiny, raw: bool, packed: bool) -> None:
    tiny.write(tmp_path, raw, packed)
    assert tiny.source.is_available(tmp_path)
    assert tiny.holds(tmp_path)
    loaded = tiny.source.load(tmp_path)
    assert (loaded.input_shape, loaded.num_classes) == ((1, 28, 28), 10)
    assert (len(loaded.x_train), len(loaded.x_test)) == (NUM_TRAIN, NUM_TEST)


def test_status_tells_missing_from_incomplete_from_ready(tmp_path: Path, tiny: Tiny) -> None:
    assert tiny.source.status(tmp_path).state == "missing"
    raw = tiny.write(tmp_path)
    assert tiny.source.status(tmp_path).state == "ready"
    (raw / "t10k-images-idx3-ubyte").write_bytes(b"cut short")
    status = tiny.source.status(tmp_path)
    assert (status.state, status.faulty_files) == ("incomplete", ("t10k-images-idx3-ubyte",))
    assert "t10k-images-idx3-ubyte" in status.message


def test_a_set_that_is_not_there_says_how_to_get_it(tmp_path: Path, tiny: Tiny, mirror: Mirror) -> None:
    with pytest.raises(PlaygroundError) as caught:
        tiny.source.load(tmp_path)
    assert caught.value.what == "Tiny is not on this computer yet."
    assert "python -m playground data download tiny" in caught.value.mend
    assert mirror.requests == []
    assert list(tmp_path.iterdir()) == []


def test_a_set_with_one_file_too_few_names_it(tmp_path: Path, tiny: Tiny) -> None:
    (tiny.write(tmp_path) / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(PlaygroundError, match="Tiny is incomplete: train-labels-idx1-ubyte"):
        tiny.source.load(tmp_path)


def test_a_folder_that_cannot_even_be_looked_into_counts_as_empty(tmp_path: Path, tiny: Tiny) -> None:
    # For the administrator no folder is closed; a name too long for the system fails in the same way.
    impossible = tmp_path / ("x" * 300)
    assert tiny.source.status(impossible).state == "missing"
    with pytest.raises(PlaygroundError, match="not on this computer yet"):
        tiny.source.load(impossible)
