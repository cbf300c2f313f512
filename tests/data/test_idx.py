"""Reading IDX files: what is whole is read to the value, what is not is named."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_data import idx_bytes

from playground.data.idx import IdxFile, looks_complete, read
from playground.errors import PlaygroundError

VALUES = torch.arange(24, dtype=torch.uint8).view(2, 3, 4)
DATA = idx_bytes(VALUES)
FILE = IdxFile("images", (2, 3, 4))
MD5_OF_DATA = "f66852a32fc48cb6df1843b8ce4eeb08"


def unpublished() -> None:
    return None


def test_a_file_and_its_compressed_twin_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(DATA)
    assert torch.equal(read(tmp_path, FILE, unpublished), VALUES)
    (tmp_path / "images").unlink()
    (tmp_path / "images.gz").write_bytes(gzip.compress(DATA))
    assert torch.equal(read(tmp_path, FILE, unpublished), VALUES)


def flip_last_bit(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"", "It has 0 bytes; 40 were expected"),
        (lambda data: data[:10], "It has 10 bytes; 40 were expected"),
        (lambda data: data[:-1], "It has 39 bytes; 40 were expected"),
        (lambda data: data + b"x", "It has 41 bytes; 40 were expected"),
        (lambda data: b"<htm" + data[4:], "It starts with 3c68746d; an IDX file of this kind starts with 00000803"),
        (lambda data: data[:2] + b"\x0d" + data[3:], "It starts with 00000d03"),
        (lambda data: data[:7] + b"\x03" + data[8:], "Its header says 3 x 3 x 4 values; 2 x 3 x 4 were expected"),
        (flip_last_bit, "Its checksum is"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(tmp_path: Path, damage: Callable[[bytes], bytes], said: str) -> None:
    (tmp_path / "images").write_bytes(damage(DATA))
    with pytest.raises(PlaygroundError) as caught:
        read(tmp_path, IdxFile("images", (2, 3, 4), md5=MD5_OF_DATA), unpublished)
    assert said in str(caught.value)
    assert str(tmp_path / "images") in caught.value.what
    assert "Download" in caught.value.mend


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"PK" + data])
def test_a_damaged_archive_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    (tmp_path / "images.gz").write_bytes(damage(gzip.compress(DATA)))
    with pytest.raises(PlaygroundError, match=r"images\.gz is damaged"):
        read(tmp_path, FILE, unpublished)


def test_an_archive_with_another_checksum_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(gzip.compress(DATA))
    with pytest.raises(PlaygroundError, match="Its checksum is .*; 0123 was expected"):
        read(tmp_path, FILE, lambda: "0123")


def test_the_archive_beside_a_file_without_known_checksum_gives_an_altered_file_away(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(gzip.compress(DATA))
    (tmp_path / "images").write_bytes(flip_last_bit(DATA))
    with pytest.raises(PlaygroundError, match=r"images is damaged.*differ from those of images\.gz"):
        read(tmp_path, FILE, unpublished)


@pytest.mark.parametrize(("labels", "said"), [([1, 2, 11], "from 1 to 11"), ([5, 0, 3], "from 0 to 5")])
def test_labels_outside_the_classes_are_refused(tmp_path: Path, labels: list[int], said: str) -> None:
    (tmp_path / "labels").write_bytes(idx_bytes(torch.tensor(labels)))
    with pytest.raises(PlaygroundError, match=f"Its labels run {said}; 1 to 10 were expected"):
        read(tmp_path, IdxFile("labels", (3,), smallest=1, largest=10), unpublished)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="images is missing"):
        read(tmp_path, FILE, unpublished)


def test_a_file_looks_complete_by_its_size_alone(tmp_path: Path) -> None:
    assert not looks_complete(tmp_path, FILE)
    (tmp_path / "images.gz").write_bytes(gzip.compress(DATA))
    assert looks_complete(tmp_path, FILE)
    (tmp_path / "images.gz").write_bytes(b"ab")
    assert not looks_complete(tmp_path, FILE)
    (tmp_path / "images").write_bytes(DATA)
    assert looks_complete(tmp_path, FILE)
    (tmp_path / "images").write_bytes(DATA[:-1])
    assert not looks_complete(tmp_path, FILE)
