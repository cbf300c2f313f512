"""Writing into the data folder: whole files or nothing, and errors that say how to mend them."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from pathlib import Path

from playground.errors import PlaygroundError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_PART = ".part"
# A download that is alive writes more often than this; what is older was left by one that was killed.
_ABANDONED_SECONDS = 600.0


def part_path(target: Path) -> Path:
    """A name beside `target` for what is not complete yet; no other process or thread uses the same."""
    return target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}{_PART}")


def write_atomically(target: Path, data: bytes | bytearray) -> None:
    """Write a file so that it is, at any moment and after any interruption, either as it was or complete.

    Raises:
        OSError: it could not be written; `target` is as it was.
    """
    part = part_path(target)
    try:
        part.write_bytes(data)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def remove_abandoned_parts(folder: Path) -> None:
    """Delete what downloads that were killed have left in a folder."""
    for part in folder.glob(f".*{_PART}"):
        # Another process may sweep at the same moment.
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED_SECONDS:
                part.unlink()


def disk_error(error: OSError, folder: Path, title: str, needed_bytes: int) -> PlaygroundError:
    """What an OSError while writing a data set into `folder` means to its user."""
    place = error.filename or folder
    elsewhere = "set PLAYGROUND_DATA_DIR to another folder"
    if error.errno in _FULL:
        return PlaygroundError(
            f"The disk is full: {title} could not be written to {folder}.",
            f"It needs about {max(1, round(needed_bytes / 1e6)):,} MB.",
            f"Free some space, or {elsewhere}; then download again.",
        )
    if error.errno in _FORBIDDEN:
        return PlaygroundError(
            f"The folder {folder} cannot be written to ({error.strerror}).",
            f"{title} has to be written there.",
            f"Allow writing there, or {elsewhere}; then download again.",
        )
    return PlaygroundError(
        f"{title} could not be written: {place}: {error.strerror or error}.",
        "A folder that can be written to was expected.",
        f"Mend that, or {elsewhere}; then download again.",
    )
