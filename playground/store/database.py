"""The database: opened when it is first needed, brought to the present schema, and opened again after a failure."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import platformdirs
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from playground import settings
from playground.errors import PlaygroundError
from playground.store.migrations.upgrade import is_up_to_date, upgrade
from playground.store.troubles import in_words, missing_driver

FILE_NAME = "playground.db"
BUSY_SECONDS = 1.0
RETRY_SECONDS = 1.0
_LARGE_JOURNAL = 64 * 1024 * 1024
_PAGES_GIVEN_BACK = 8192  # 128 MB


class Database:
    """Connections to one database. Any thread may ask for one.

    Args:
        url: an SQLAlchemy address; None: the setting `database_url`, else an SQLite file below the setting `runs_dir`.

    Attributes:
        generation: grows when the database is found to be another one: somebody removed the SQLite file.
    """

    def __init__(self, url: str | None = None) -> None:
        self.generation = 0
        self._given = url
        self._lock = threading.Lock()
        self._writing = threading.Lock()  # one writer at a time, so that this program's threads wait for none but others
        self._engine: Engine | None = None
        self._file: tuple[Path, int] | None = None  # the SQLite file and its inode
        self._failure: PlaygroundError | None = None
        self._retry_at = 0.0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection with a consistent view.

        Raises:
            PlaygroundError: the database cannot be read.
        """
        with self._in_words(), self._open().connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a transaction, which is committed at the end.

        Raises:
            PlaygroundError: the database cannot be written to.
            IntegrityError, DataError: the database is well, but refuses what was to be written.
        """
        with self._writing, self._in_words():
            engine = self._open().execution_options(for_writing=True)
            with engine.begin() as connection:
                yield connection

    def shrink(self) -> None:
        """Gives the room of what was deleted back to the disk, as far as that goes without waiting."""
        engine = self._open()
        if engine.dialect.name == "sqlite":
            with self._writing, suppress(SQLAlchemyError, sqlite3.Error), closing(engine.raw_connection()) as connection:
                # Run as a script: one call of `execute` gives back one page only. What is left is used again, or given
                # back the next time.
                connection.driver_connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_GIVEN_BACK})")  # type: ignore[union-attr]

    def close(self) -> None:
        with self._lock:
            self._dispose()

    @property
    def place(self) -> str:
        """What to call the database in a message; without a password."""
        try:
            url = self._url()
        except PlaygroundError:
            return "the database of stored runs"
        if url.get_backend_name() == "sqlite":
            return f"the file of stored runs ({url.database})"
        return f"the database of stored runs ({url.render_as_string(hide_password=True)})"

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, DataError):
            raise
        except (SQLAlchemyError, OSError) as error:
            raise in_words(error, self.place) from error

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is not None:
                if not self._is_gone():
                    return self._engine
                self._dispose()
                self.generation += 1
                raise PlaygroundError(
                    f"T{self.place[1:]} was removed, and with it all that it held.", mend="A new one is made by itself."
                )
            if self._failure and time.monotonic() < self._retry_at:
                raise self._failure
            try:
                self._engine = self._connect()
            except (PlaygroundError, SQLAlchemyError, OSError) as error:
                self._failure, self._retry_at = in_words(error, self.place), time.monotonic() + RETRY_SECONDS
                raise self._failure from error
            self._failure = None
            return self._engine

    def _connect(self) -> Engine:
        url = self._url()
        engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _server(url)
        try:
            with engine.connect() as connection:
                known = is_up_to_date(connection)
            if not known:
                with engine.execution_options(for_writing=True).begin() as connection:
                    upgrade(connection)
        except BaseException:
            engine.dispose()
            raise
        if url.database and url.get_backend_name() == "sqlite":
            path = Path(url.database)
            self._file = path, path.stat().st_ino
        return engine

    def _url(self) -> URL:
        text = self._given if self._given is not None else settings.text("database_url").strip()
        if not text:
            return URL.create("sqlite", database=str(runs_folder() / FILE_NAME))
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise PlaygroundError(
                "PLAYGROUND_DATABASE_URL is no address of a database.",
                "It looks like postgresql://user:password@host/name or sqlite:////folder/file.db.",
                "For PostgreSQL, first `pip install -r requirements-extras.txt`.",
            ) from None
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
            raise PlaygroundError(
                "PLAYGROUND_DATABASE_URL names no file.", "sqlite:////folder/file.db was expected.", "Write the file's path."
            )
        return url

    def _is_gone(self) -> bool:
        if self._file is None:
            return False
        path, inode = self._file
        try:
            return path.stat().st_ino != inode
        except FileNotFoundError:
            return True

    def _dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
        self._engine, self._file = None, None


def runs_folder() -> Path:
    """Where the SQLite file lies: PLAYGROUND_RUNS_DIR, or `runs` in the user's data folder."""
    chosen = settings.text("runs_dir").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_data_dir("neural-network-playground", appauthor=False)) / "runs"


def _sqlite(url: URL) -> Engine:
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, and not where the driver guesses
        for pragma in (
            "page_size = 16384",  # checkpoints are large: half the work of the default
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            f"journal_size_limit = {_LARGE_JOURNAL}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later could not wait for another writer: it would fail at once.
        kind = "IMMEDIATE" if connection.get_execution_options().get("for_writing") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine


def _server(url: URL) -> Engine:
    arguments: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        # Whatever hangs is given up after a few seconds, and tried again later.
        arguments = {"connect_timeout": 3, "tcp_user_timeout": 5000, "application_name": "neural-network-playground"}
        if "options" not in url.query:
            arguments["options"] = "-c lock_timeout=2000 -c statement_timeout=60000"
    try:
        return create_engine(url, pool_pre_ping=True, connect_args=arguments)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise missing_driver(url.get_backend_name()) from None
