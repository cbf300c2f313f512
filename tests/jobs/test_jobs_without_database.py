"""Training goes on whatever becomes of the database, and nothing is forgotten that is not stored."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from playground.catalog.layers import Dense, Flatten
from playground.jobs import JobService
from playground.store.store import Store
from tests.jobs.servers import LONG, Servers, stored
from tests.jobs.support import (
    BATCHES_PER_EPOCH,
    a_run,
    assert_same_curves,
    events_alone,
    history,
    history_of,
    wait_for_end,
    wait_for_status,
    wait_until,
)


def test_a_run_is_not_forgotten_before_it_is_stored(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_KEPT_RUNS", "1")
    service = servers.service
    holder = sqlite3.connect(servers.file, isolation_level=None)
    wait_until(lambda: servers.store.flush(60) and servers.file.exists())
    holder.execute("BEGIN EXCLUSIVE")
    runs = [service.submit(a_run(epochs=1), "ann") for _ in range(3)]
    for run_id in runs:
        wait_for_end(service, run_id)
    wait_until(lambda: servers.store.problem is not None)
    assert "Another program" in str(servers.store.problem)
    assert [len(history(service, run_id).epochs) for run_id in runs] == [1, 1, 1]
    assert [info.label.split()[1] for info in service.runs("ann")] == ["3", "2", "1"]
    holder.execute("ROLLBACK")
    holder.close()
    wait_until(lambda: servers.store.problem is None)
    assert [stored(servers.store, run_id).status for run_id in runs] == ["finished"] * 3
    assert all(service.weights(run_id).step == BATCHES_PER_EPOCH for run_id in runs)


def test_numbers_go_on_although_the_database_was_locked_at_the_first_run(servers: Servers) -> None:
    for _ in range(2):
        servers.service.submit(a_run(epochs=1), "ann", "pause")
    assert servers.store.flush(60)
    servers.end()
    holder = sqlite3.connect(servers.file, isolation_level=None)
    holder.execute("PRAGMA journal_mode = DELETE")  # so that the lock keeps readers out as well
    holder.execute("BEGIN EXCLUSIVE")
    servers.store, servers.service = servers.start()
    first = servers.service.submit(a_run(epochs=1), "ann")
    wait_for_end(servers.service, first)
    assert servers.store.problem is not None
    holder.execute("ROLLBACK")
    holder.close()
    assert stored(servers.store, first).status == "finished"
    second = servers.service.submit(a_run(epochs=1), "ann", "pause")
    assert servers.service.info(second).label.startswith("Run 3 ")


@pytest.mark.parametrize("trouble", ["removed", "no folder"])
def test_a_run_goes_on_without_its_database(tmp_path: Path, trouble: str) -> None:
    file = tmp_path / "folder" / "runs.db"
    if trouble == "no folder":
        file.parent.write_text("a file where a folder should be")
    store = Store(f"sqlite:///{file}")
    with JobService(workers=1, threads=1, store=store) as service:
        run_id = service.submit(a_run(epochs=2), "ann", "epoch")
        wait_for_status(service, run_id, "paused")
        if trouble == "removed":
            assert store.flush(60)
            for path in file.parent.iterdir():
                path.unlink()
        else:
            assert store.problem is not None
            file.parent.unlink()
        service.resume(run_id)
        wait_for_end(service, run_id)
        assert_same_curves(history(service, run_id), history_of(events_alone(a_run(epochs=2))))
        wait_until(lambda: store.flush(60) and store.problem is None)
        found = store.run(run_id)
        assert found is not None and found.status == "finished"
        assert_same_curves(history_of(store.events_of(run_id)), history_of(events_alone(a_run(epochs=2))))
    store.close()


def test_one_run_that_cannot_be_read_hides_no_other(servers: Servers) -> None:
    good, bad = (servers.service.submit(a_run(epochs=1), "ann", "pause") for _ in range(2))
    assert servers.store.flush(60)
    servers.end()
    with sqlite3.connect(servers.file) as connection:
        connection.execute('UPDATE runs SET spec_json = \'{"made": "tomorrow"}\' WHERE id = ?', (bad,))
    connection.close()
    servers.store, servers.service = servers.start()
    assert [info.id for info in servers.service.runs("ann")] == [good]
    servers.service.forget(bad)
    assert servers.store.run(bad) is None


def test_interrupted_runs_in_memory_count_with_what_they_hold(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    large = a_run(epochs=LONG, layers=(Flatten(), Dense(units=400), Dense(units=10)))  # 1.3 MB
    runs = [servers.service.submit(large, "ann", "batch") for _ in range(4)]
    for run_id in runs:
        wait_for_status(servers.service, run_id, "paused")
    service = servers.restart()
    monkeypatch.setenv("PLAYGROUND_MAX_KEPT_MB", "2")
    for run_id in runs:
        service.events_since(run_id, 0)  # brings it into memory
    assert len(service._runs) == 2
    assert [info.status for info in service.runs("ann")] == ["interrupted"] * 4
