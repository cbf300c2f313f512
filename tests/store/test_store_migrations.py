"""The schema: migrated when a database is opened, wherever the program was started."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import alembic.op
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text
from stories import add, started, tell

import playground
from playground.errors import PlaygroundError
from playground.store import Store
from playground.store.tables import metadata

ROOT = Path(playground.__file__).parent.parent


def driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def test_the_migrations_make_the_tables_that_the_program_uses(url: str) -> None:
    store = Store(url)
    assert store.runs("me") == []
    store.close()
    engine = create_engine(driver(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(url: str) -> None:
    store = Store(url)
    add(store, "a")
    assert store.flush()
    store.close()
    engine = create_engine(driver(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store = Store(url)
    with pytest.raises(PlaygroundError, match=r"newer version.*9999.*Update the playground"):
        store.runs("me")
    add(store, "b")
    assert not store.flush(1.5) and store.problem is not None and "newer version" in store.problem
    store.close()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT id FROM runs")).all() == [("a",)]
    engine.dispose()


def test_a_database_is_made_from_any_working_directory(tmp_path: Path) -> None:
    """In a process of its own, from a folder with a % in its name."""
    folder = tmp_path / "100% %(here)s"
    folder.mkdir()
    code = "from playground.store import Store; s = Store(); print(len(s.runs('me'))); s.close()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PLAYGROUND_RUNS_DIR": str(folder / "runs")}
    environment.pop("PLAYGROUND_DATABASE_URL", None)
    shown = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
    assert shown.stdout == "0\n", shown.stderr
    assert (folder / "runs" / "playground.db").exists()


def test_many_may_open_a_new_database_at_the_same_time(url: str) -> None:
    stores = [Store(url) for _ in range(4)]
    threads = [threading.Thread(target=add, args=(store, f"run{number}")) for number, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(store.flush(20) for store in stores)
    assert len(stores[0].runs("me")) == 4
    for store in stores:
        store.close()


def test_an_upgrade_that_breaks_off_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempt fails in the middle of the migration; the second finds an empty database."""
    real = alembic.op.create_index
    calls = []

    def fails_once(*arguments: object, **more: object) -> object:
        calls.append(arguments)
        if len(calls) == 1:
            raise PlaygroundError("The lights went out.")
        return real(*arguments, **more)

    monkeypatch.setattr("alembic.op.create_index", fails_once)
    store = Store(url)
    add(store, "a")
    tell(store, "a", [started()])
    assert store.flush(10)
    assert len(calls) > 1 and store.events_of("a") == [started()]
    store.close()
