"""A database in trouble: training goes on, the user is told, and all is stored once it can be."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from stories import add, batches, course, epoch_ended, folded, started, tell

from playground.errors import PlaygroundError
from playground.store import Store, StoredStudy, StoredWeights
from playground.store.troubles import in_words
from playground.training.events import Event


def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def tell_much(store: Store, run_id: str) -> list[Event]:
    """A whole run with checkpoints; each call returns at once, whatever the database does."""
    events = list(course(5))
    for number, happened in enumerate(events):
        tell(store, run_id, [happened])
        store.checkpoint(run_id, number + 1, number / 10, b"%d" % number, keep=number % 2 == 0)
    store.final(run_id, StoredWeights(1, 1.0, b"final"))
    return events


def require_all(store: Store, run_id: str, events: list[Event]) -> None:
    found, told = folded(store.events_of(run_id)), folded(events)
    assert (found.batch_loss, found.epochs, found.status) == (told.batch_loss, told.epochs, told.status)
    assert len(store.checkpoints(run_id)) <= 25
    assert store.latest_checkpoint(run_id) == b"%d" % (len(events) - 1)
    final = store.final_weights(run_id)
    assert final is not None and final.data == b"final"


def test_while_another_program_holds_the_file_everything_waits(file_store: Store, tmp_path: Path) -> None:
    add(file_store, "a")
    assert file_store.flush()
    other = sqlite3.connect(tmp_path / "playground.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    events = tell_much(file_store, "a")
    file_store.save_study(StoredStudy("s", "me", "search", "{}", "running", 1.0))
    assert not file_store.flush(0.2)
    until(lambda: file_store.problem)
    assert file_store.problem is not None
    assert "Another program is holding the file" in file_store.problem and "Training goes on" in file_store.problem
    assert file_store.events_of("a") == []  # reading goes on
    with pytest.raises(PlaygroundError, match="Another program"):
        file_store.rename("a", "x")
    other.execute("COMMIT")
    assert file_store.flush(20) and file_store.problem is None
    require_all(file_store, "a", events)
    assert file_store.study("s") is not None
    other.close()


def test_a_run_from_before_waits_too(tmp_path: Path) -> None:
    """Its log cannot be loaded while the file is held; of its checkpoints no more wait than would be kept."""
    url = f"sqlite:///{tmp_path}/playground.db"
    before = Store(url)
    add(before, "a")
    tell(before, "a", [started()])
    before.close()
    other = sqlite3.connect(tmp_path / "playground.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    after = Store(url)
    for number in range(200):
        after.checkpoint("a", number, 0.1, b"%d" % number, keep=True)
        after.checkpoint("a", number, 0.1, b"passing", keep=False)
    tell(after, "a", [epoch_ended(1)])
    until(lambda: after.problem)
    after.checkpoint("a", 200, 0.1, b"last", keep=True)
    other.execute("COMMIT")
    other.close()
    assert after.flush(20) and after.problem is None
    assert after.latest_checkpoint("a") == b"last" and 12 <= len(after.checkpoints("a")) <= 24
    assert after.events_of("a") == [started(), epoch_ended(1)]
    after.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may make a small disk; the next test does without")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_and_once_there_is_room_all_is_stored(small_disk: Path) -> None:
    store = Store(f"sqlite:///{small_disk}/playground.db")
    add(store, "a")
    assert store.flush()
    ballast = small_disk / "ballast"
    with suppress_full(), open(ballast, "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    store.checkpoint("a", 0, 0.0, b"x" * 500_000, keep=True)
    events = tell_much(store, "a")
    assert not store.flush(3)
    assert store.problem is not None and "disk" in store.problem and "full" in store.problem
    run = store.run("a")
    assert run is not None and run.status == "waiting"
    ballast.unlink()
    assert store.flush(20) and store.problem is None
    require_all(store, "a", events)
    store.close()


class suppress_full:
    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, OSError) and error.errno == 28


def test_a_database_that_may_not_grow_is_told_as_a_full_disk(file_store: Store) -> None:
    """SQLite's own limit gives SQLite's own error, without a disk."""
    add(file_store, "a")
    assert file_store.flush()
    engine = file_store._database._engine
    assert engine is not None
    limit = {"pages": 1}

    @event.listens_for(engine, "begin")
    def limited(connection: object) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit['pages']}")  # type: ignore[attr-defined]

    file_store.checkpoint("a", 0, 0.0, b"x" * 500_000, keep=True)
    events = tell_much(file_store, "a")
    assert not file_store.flush(1)
    assert file_store.problem is not None and "The disk is full" in file_store.problem
    limit["pages"] = 1_000_000
    assert file_store.flush(20) and file_store.problem is None
    require_all(file_store, "a", events)


def test_a_removed_file_is_made_anew_and_holds_the_unfinished_runs(file_store: Store, tmp_path: Path) -> None:
    add(file_store, "ended")
    tell_much(file_store, "ended")
    add(file_store, "a")
    tell(file_store, "a", [started(), batches(1, 156), epoch_ended(1)])
    file_store.checkpoint("a", 156, 1.0, b"first", keep=True)
    file_store.checkpoint("a", 160, 1.1, b"second", keep=True)
    assert file_store.flush()
    for path in tmp_path.glob("playground.db*"):
        path.unlink()
    problems = []
    tell(file_store, "a", [batches(157, 10)])
    until(lambda: problems.append(file_store.problem) or problems[-1])
    assert "was removed" in str(problems[-1])
    assert file_store.flush(20) and file_store.problem is None
    assert [run.id for run in file_store.runs("me")] == ["a"]
    assert folded(file_store.events_of("a")).batch_steps == list(range(1, 167))
    assert file_store.latest_checkpoint("a") == b"second"
    tell(file_store, "a", [epoch_ended(2)])
    file_store.checkpoint("a", 200, 2.0, b"third", keep=True)
    assert file_store.flush() and file_store.latest_checkpoint("a") == b"third"


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "playground.db"
    path.write_bytes(b"my diary " * 1000)
    store = Store(f"sqlite:///{path}")
    add(store, "a")
    assert not store.flush(1.5)
    assert store.problem is not None and "is not a file of stored runs" in store.problem
    with pytest.raises(PlaygroundError, match="not a file of stored runs"):
        store.runs("me")
    store.close()
    assert path.read_bytes() == b"my diary " * 1000


def test_a_folder_that_cannot_be_made_is_told_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(f"sqlite:///{tmp_path}/file/playground.db")
    with pytest.raises(PlaygroundError, match="folder"):
        store.runs("me")
    until(lambda: store.problem)
    assert store.problem is not None and "PLAYGROUND_RUNS_DIR" in store.problem
    (tmp_path / "file").unlink()
    until(lambda: store.problem is None)
    assert store.runs("me") == []
    store.close()


def test_a_file_that_may_only_be_read_is_told(file_store: Store, tmp_path: Path) -> None:
    """SQLite's own error. Root may write to any file, so the connection is what may not."""
    assert file_store.runs("me") == []
    read_only = sqlite3.connect(f"file:{tmp_path}/playground.db?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        read_only.execute("DELETE FROM runs")
    read_only.close()
    assert str(in_words(caught.value, "the file of stored runs")).startswith("The file of stored runs may not be written to.")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    store = Store(f"postgresql://me:secret-word@127.0.0.1:{free_port()}/runs")
    add(store, "a")
    assert not store.flush(1)
    until(lambda: store.problem)
    assert store.problem is not None and "does not answer" in store.problem and "secret-word" not in store.problem
    with pytest.raises(PlaygroundError) as caught:
        store.runs("me")
    assert "secret-word" not in str(caught.value)
    store.close()


def test_a_server_that_comes_back_gets_everything(postgresql: object) -> None:
    """Its connections are cut in the middle of a run."""
    url = postgresql.empty_database()  # type: ignore[attr-defined]
    store = Store(url)
    add(store, "a")
    events = list(course(5))
    tell(store, "a", events[:10])
    assert store.flush()
    administrator = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
        for happened in events[10:]:
            connection.execute(text(cut))
            tell(store, "a", [happened])
            time.sleep(0.02)
    administrator.dispose()
    assert store.flush(30) and store.problem is None
    assert folded(store.events_of("a")).batch_loss == folded(events).batch_loss
    assert folded(store.events_of("a")).epochs == folded(events).epochs
    store.close()
