"""A zip that somebody handed in. Whatever its bytes are, the answer is its files within the limits, or a PlaygroundError."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib

from playground.errors import PlaygroundError

MAX_ENTRIES = 20_000
MAX_RATIO = 200
_SMALL = 1_000_000  # below this, no ratio is suspicious
_DIRECTORY_BYTES = 400 * MAX_ENTRIES
_END = struct.Struct("<4s4H2LH")  # APPNOTE.TXT 4.3.16
_END_SIGNATURE = b"PK\x05\x06"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class SafeZip:
    """The files of a zip, by name. Nothing is ever written to a disk.

    Args:
        content: the zip.
        max_bytes: of all files together, unpacked.

    Raises:
        PlaygroundError: it is no zip, larger than allowed, or has entries that no honest archive has.
    """

    def __init__(self, content: bytes, max_bytes: int) -> None:
        if len(content) > max_bytes:
            raise _too_large(f"The file has {len(content) / 1e6:,.1f} MB.", max_bytes)
        _check_directory(content)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except Exception as error:  # zipfile answers hostile bytes with errors of many kinds
            raise _damaged() from error
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES:
            raise _refused(f"it holds {len(entries):,} files, and at most {MAX_ENTRIES:,} are read")
        names: set[str] = set()
        for entry in entries:
            _check_entry(entry)
            if entry.filename.casefold() in names:
                raise _refused(f"it holds {_shown(entry)} twice")
            names.add(entry.filename.casefold())
        total = sum(entry.file_size for entry in entries)
        if total > max_bytes:
            raise _too_large(f"Unpacked, the file has {total / 1e6:,.1f} MB.", max_bytes)
        self._entries = {entry.filename: entry for entry in entries if not entry.is_dir()}

    @property
    def names(self) -> list[str]:
        return list(self._entries)

    def read(self, name: str) -> bytes:
        """One file, whole; of more than its directory tells, nothing is unpacked.

        Raises:
            PlaygroundError: it is not there, or damaged.
        """
        if name not in self._entries:
            raise PlaygroundError(f"The file {name} is missing.")
        entry = self._entries[name]
        try:
            with self._zip.open(entry) as file:
                data = file.read(entry.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
            raise PlaygroundError(f"The file {name} is damaged ({error}).") from error
        if len(data) != entry.file_size:
            raise PlaygroundError(f"The file {name} is damaged (its size is not the one that is told).")
        return data


def _check_directory(content: bytes) -> None:
    """Looks at the directory's size before the directory is read. Finds its end as zipfile does."""
    at = len(content) - _END.size
    if content[at : at + 4] != _END_SIGNATURE or content[-2:] != b"\0\0":
        at = content.rfind(_END_SIGNATURE, max(0, len(content) - _END.size - 65_536))
    if at < 0 or len(content) < at + _END.size:
        raise _damaged()
    _, disk, _, _, entries, size, offset, _ = _END.unpack_from(content, at)
    if disk or 0xFFFF in (entries,) or 0xFFFFFFFF in (size, offset):
        raise _refused("it is split, or in the format for zips of more than 4 GB")
    if size > _DIRECTORY_BYTES:
        raise _refused(f"its directory has {size:,} bytes, and at most {_DIRECTORY_BYTES:,} are read")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    parts = name.rstrip("/").split("/")
    if (
        name != entry.filename
        or "\\" in name
        or re.match(r"[A-Za-z]:", name)
        or any(part in ("", ".", "..") for part in parts)
        or any(ord(character) < 32 for character in name)
    ):
        raise _refused(f"the path {_shown(entry)} leads out of it")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(f"{_shown(entry)} is a link or a device, and not a file")
    if entry.flag_bits & 0x1:
        raise _refused(f"{_shown(entry)} is encrypted")
    if entry.compress_type not in _METHODS:
        raise _refused(f"{_shown(entry)} is packed in a way that is not read here")
    if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        raise _refused(f"{_shown(entry)} would grow to more than {MAX_RATIO} times its size")


def _shown(entry: zipfile.ZipInfo) -> str:
    name = entry.orig_filename
    return repr(name if len(name) <= 60 else name[:60] + "…")


def _damaged() -> PlaygroundError:
    return PlaygroundError(
        "This file is no zip, or it is cut short.",
        "A zip of runs was expected, as “Download all” makes it.",
        "Download it again.",
    )


def _refused(reason: str) -> PlaygroundError:
    return PlaygroundError(
        f"This zip is not read: {reason}.", "A zip of runs was expected, as “Download all” makes it.", "Use such a file as it is."
    )


def _too_large(found: str, max_bytes: int) -> PlaygroundError:
    return PlaygroundError(
        found,
        f"At most {max_bytes / 1e6:,.0f} MB are read (setting PLAYGROUND_MAX_IMPORT_MB).",
        "Download fewer runs at a time, or without their saved moments.",
    )
