"""One job service with one real worker process for the tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from playground.jobs import JobService
from tests.jobs.servers import Servers

TASK_PACKAGES = ("playground", "tests.jobs.task_functions")


@pytest.fixture(scope="session")
def shared_service() -> Iterator[JobService]:
    with JobService(workers=1, threads=1, task_packages=TASK_PACKAGES) as service:
        service.warm("mnist-5k")
        yield service
        processes = [psutil.Process(pid) for pid in service.worker_pids() if pid is not None]
    for process in processes:
        assert not process.is_running(), "a worker outlived its service"


@pytest.fixture
def service(shared_service: JobService) -> Iterator[JobService]:
    """The shared service, without any run of the visitor "ann" or "bob"."""
    yield shared_service
    for owner in ("ann", "bob"):
        for info in shared_service.runs(owner):
            shared_service.forget(info.id)


@pytest.fixture
def fragile_service() -> Iterator[JobService]:
    """A service whose worker the test may kill or starve."""
    with JobService(workers=1, threads=1, task_packages=TASK_PACKAGES) as service:
        yield service


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    started = Servers(tmp_path)
    yield started
    started.end()
