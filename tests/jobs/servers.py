"""Servers that end and start again on the same database."""

from __future__ import annotations

from pathlib import Path

from playground.jobs import JobService
from playground.store.store import Store
from playground.store.values import StoredRun
from tests.jobs.support import wait_until

LONG = 100  # epochs that no test waits for


class Servers:
    """One server after another on the same database."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "runs.db"
        self.store, self.service = self.start()

    def restart(self, threads: int = 1) -> JobService:
        """Ends the server as a kill would: no run hears of it."""
        assert self.store.flush(60)
        self.end()
        self.store, self.service = self.start(threads)
        return self.service

    def end(self) -> None:
        self.service.close()
        self.store.close()

    def start(self, threads: int = 1) -> tuple[Store, JobService]:
        store = Store(f"sqlite:///{self.file}")
        service = JobService(workers=1, threads=threads, store=store)
        service.start()
        return store, service


def wait_for_checkpoint(servers: Servers, run_id: str, step: int) -> None:
    """A pause is told before its checkpoint, which may be large."""
    wait_until(lambda: servers.store.flush(60) and [moment.step for moment in servers.service.checkpoints(run_id)][-1:] == [step])


def stored(store: Store, run_id: str) -> StoredRun:
    assert store.flush(60)
    found = store.run(run_id)
    assert found is not None
    return found
