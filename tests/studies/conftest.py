"""Job and study services with a real worker process and a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.jobs import JobService
from playground.store.store import Store
from playground.studies.service import StudyService


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('studies') / 'runs.db'}")
    yield store
    store.close()


@pytest.fixture(scope="session")
def shared_jobs(shared_store: Store) -> Iterator[JobService]:
    with JobService(workers=1, threads=1, store=shared_store) as jobs:
        jobs.warm("mnist-5k")
        yield jobs


@pytest.fixture
def jobs(shared_jobs: JobService) -> JobService:
    return shared_jobs


@pytest.fixture
def store(shared_store: Store) -> Store:
    return shared_store


@pytest.fixture
def studies(shared_jobs: JobService, shared_store: Store) -> Iterator[StudyService]:
    with StudyService(shared_jobs, shared_store) as service:
        yield service
        for state in service.studies("ann"):
            service.delete(state.id)


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The address of a database for servers that the test starts and ends itself."""
    return f"sqlite:///{tmp_path / 'runs.db'}"
