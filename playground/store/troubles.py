"""A database's errors, in words for whoever reads them on the screen."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError

from playground.errors import PlaygroundError

INSTALL = "Install the driver with `pip install -r requirements-extras.txt`, or remove PLAYGROUND_DATABASE_URL."

# Primary result code of SQLite (https://www.sqlite.org/rescode.html) -> what is the matter, and what mends it.
_SQLITE = {
    sqlite3.SQLITE_BUSY: ("Another program is holding {place}.", "Close that program, or wait until it is done."),
    sqlite3.SQLITE_LOCKED: ("Another program is holding {place}.", "Close that program, or wait until it is done."),
    sqlite3.SQLITE_FULL: ("The disk is full, so nothing more goes into {place}.", "Make room on the disk."),
    sqlite3.SQLITE_READONLY: ("{place} may not be written to.", "Allow writing to it, or set PLAYGROUND_RUNS_DIR."),
    sqlite3.SQLITE_PERM: ("{place} may not be opened.", "Allow reading and writing it, or set PLAYGROUND_RUNS_DIR."),
    sqlite3.SQLITE_CANTOPEN: ("{place} cannot be opened.", "Allow reading and writing it, or set PLAYGROUND_RUNS_DIR."),
    sqlite3.SQLITE_IOERR: ("The disk cannot read or write {place}.", "Check the disk, and whether it is full."),
    sqlite3.SQLITE_CORRUPT: ("{place} is damaged.", "Move it away; a new one is made by itself."),
    sqlite3.SQLITE_NOTADB: ("{place} is not a file of stored runs.", "Move it away; a new one is made by itself."),
}


def in_words(error: Exception, place: str) -> PlaygroundError:
    """What went wrong with the database at `place`, and what mends it."""
    if isinstance(error, PlaygroundError):
        return error
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        what, mend = _SQLITE.get(code, (f"{{place}} cannot be used ({_first_line(cause)}).", ""))
        what = what.format(place=place)
        return PlaygroundError(what[0].upper() + what[1:], mend=mend)
    if isinstance(cause, OSError):
        reason = cause.strerror or _first_line(cause)
        return PlaygroundError(f"The folder for {place} cannot be used ({reason}).", mend="Set PLAYGROUND_RUNS_DIR to another.")
    return PlaygroundError(
        f"{place[0].upper()}{place[1:]} does not answer ({_first_line(cause)}).",
        mend="Check that it runs, and the address in PLAYGROUND_DATABASE_URL.",
    )


def missing_driver(kind: str) -> PlaygroundError:
    return PlaygroundError(
        f"The driver for a database of the kind {kind!r} is not installed.",
        "PLAYGROUND_DATABASE_URL begins with postgresql:// or sqlite:///.",
        INSTALL,
    )


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).strip().rstrip(".")
