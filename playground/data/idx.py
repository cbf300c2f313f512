"""IDX, the file format of MNIST and its relatives: read, and checked to the last byte.

Format: http://yann.lecun.com/exdb/mnist/ ("the IDX file format"). Two zero bytes, the type (8 = unsigned byte), the
number of dimensions, each dimension as a big-endian 32-bit number, then the values, last dimension fastest.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from playground.errors import PlaygroundError

_UNSIGNED_BYTE = 8


@dataclass(frozen=True)
class IdxFile:
    """One file as it has to be.

    Attributes:
        name: its name without ".gz".
        shape: the dimensions that its header must state.
        largest: the largest value that may stand in it.
        smallest: the smallest.
        md5: of the uncompressed file, where it is known.
    """

    name: str
    shape: tuple[int, ...]
    smallest: int = 0
    largest: int = 255
    md5: str | None = None

    @property
    def header_size(self) -> int:
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        """Bytes of the uncompressed file."""
        size = 1
        for length in self.shape:
            size *= length
        return self.header_size + size


def is_file(path: Path) -> bool:
    """Whether a file is there. Unlike `Path.is_file`, says no where one may not look, instead of raising."""
    return os.path.isfile(path)


def looks_complete(folder: Path, file: IdxFile) -> bool:
    """Whether the file is there with the right size, itself or as .gz. Reads at most 4 bytes: cheap enough for every
    redraw of a page. `read` is what really checks."""
    try:
        raw = folder / file.name
        if is_file(raw):
            return raw.stat().st_size == file.size
        with open(_archive_path(folder, file), "rb") as stream:
            stream.seek(-4, 2)
            return int.from_bytes(stream.read(4), "little") == file.size
    except (OSError, ValueError):
        return False


def read(folder: Path, file: IdxFile, archive_md5: Callable[[], str | None]) -> Tensor:
    """The values of a file, verified: header, size, range, checksum.

    Args:
        folder: where it lies, uncompressed, as .gz, or both (as torchvision leaves it).
        file: what it has to be.
        archive_md5: gives the md5 of the .gz, or None when nobody published one. Called only when it is needed.

    Returns:
        uint8 Tensor of `file.shape`.

    Raises:
        PlaygroundError: missing, unreadable, cut short or altered; the file is named.
    """
    raw, archive = folder / file.name, _archive_path(folder, file)
    if is_file(raw):
        data = _read_bytes(raw)
        values = parse(data, file, raw)
        if file.md5 is None or _md5(data) != file.md5:
            _check_against_archive(data, raw, archive, archive_md5, known_md5=file.md5)
        return values
    if is_file(archive):
        return parse(decompress(archive, archive_md5()), file, archive)
    raise PlaygroundError(f"The file {raw} is missing.", "", "Download the data set again.")


def parse(data: bytearray, file: IdxFile, path: Path) -> Tensor:
    """The values in the bytes of an IDX file, as a uint8 Tensor of `file.shape` that shares their memory.

    Raises:
        PlaygroundError: the bytes are not those of such a file.
    """
    if len(data) < file.header_size:
        raise _damaged(path, f"It has {len(data):,} bytes; {file.size:,} were expected.")
    zeros, kind, dimensions = struct.unpack_from(">HBB", data)
    if (zeros, kind, dimensions) != (0, _UNSIGNED_BYTE, len(file.shape)):
        found, expected = data[:4].hex(), f"0000{_UNSIGNED_BYTE:02x}{len(file.shape):02x}"
        raise _damaged(path, f"It starts with {found}; an IDX file of this kind starts with {expected}.")
    shape = struct.unpack_from(f">{dimensions}I", data, 4)
    if shape != file.shape:
        raise _damaged(path, f"Its header says {_times(shape)} values; {_times(file.shape)} were expected.")
    if len(data) != file.size:
        raise _damaged(path, f"It has {len(data):,} bytes; {file.size:,} were expected.")
    values = torch.frombuffer(data, dtype=torch.uint8, offset=file.header_size).view(file.shape)
    if file.smallest > 0 or file.largest < 255:
        smallest, largest = int(values.min()), int(values.max())
        if smallest < file.smallest or largest > file.largest:
            raise _damaged(path, f"Its labels run from {smallest} to {largest}; {file.smallest} to {file.largest} were expected.")
    return values


def decompress(archive: Path, md5: str | None) -> bytearray:
    """The contents of a .gz file, after its md5 (where known) and its own CRC-32 were checked.

    Raises:
        PlaygroundError: unreadable, cut short or altered.
    """
    data = _read_bytes(archive)
    if md5 is not None and _md5(data) != md5:
        raise _damaged(archive, f"Its checksum is {_md5(data)}; {md5} was expected.")
    try:
        return bytearray(gzip.decompress(data))
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(archive, f"It cannot be decompressed ({error}).") from error


def file_md5(path: Path) -> str:
    """The md5 of a file of any size, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _check_against_archive(
    data: bytearray, raw: Path, archive: Path, archive_md5: Callable[[], str | None], known_md5: str | None
) -> None:
    """A .gz file ends with the CRC-32 of what was compressed: with its md5 right, it vouches for the file beside it."""
    if not is_file(archive):
        if known_md5 is not None:
            raise _damaged(raw, f"Its checksum is {_md5(data)}; {known_md5} was expected.")
        return
    packed, md5 = _read_bytes(archive), archive_md5()
    if md5 is not None and _md5(packed) != md5:
        damaged, found, expected = (archive, _md5(packed), md5) if known_md5 is None else (raw, _md5(data), known_md5)
        raise _damaged(damaged, f"Its checksum is {found}; {expected} was expected.")
    if len(packed) < 8 or struct.unpack("<I", packed[-8:-4])[0] != zlib.crc32(data):
        raise _damaged(raw, f"Its contents differ from those of {archive.name} beside it.")


def _archive_path(folder: Path, file: IdxFile) -> Path:
    return folder / f"{file.name}.gz"


def _read_bytes(path: Path) -> bytearray:
    try:
        # One writable buffer, which the tensor then shares: 47 MB are neither copied nor read twice.
        with open(path, "rb") as stream:
            data = bytearray(path.stat().st_size)
            read = stream.readinto(data)
    except OSError as error:
        raise PlaygroundError(
            f"The file {path} cannot be read ({error.strerror or error}).",
            "",
            "Check the rights of the folder, or set PLAYGROUND_DATA_DIR to another one.",
        ) from error
    del data[read:]
    return data


def _md5(data: bytearray) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{length:,}" for length in shape)


def _damaged(path: Path, difference: str) -> PlaygroundError:
    return PlaygroundError(f"The file {path} is damaged.", difference, "Download the data set again: it is replaced.")
