"""A server for each file of tests: its runs, visitors and experiments meet those of no other file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from playground.jobs import JobService
from playground.store.store import Store
from playground.ui import datasets, session


@pytest.fixture(scope="module", autouse=True)
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever a page of this file opens begins with an empty folder, and is closed at the file's end.

    Nothing is opened here: a file that looks at no page starts no worker.
    """
    opened: list[Any] = []

    def remembered(kind: Callable[..., Any]) -> Callable[..., Any]:
        def make(*args: Any, **named: Any) -> Any:
            opened.append(kind(*args, **named))
            return opened[-1]

        return make

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_RUNS_DIR", str(tmp_path_factory.mktemp("runs")))
        for kind in (session.Store, session.JobService, session.StudyService):
            patch.setattr(session, kind.__name__, remembered(kind))
        _forget()
        yield
        for each in reversed(opened):  # experiments before their runs, and these before the store that keeps them
            each.close()
        _forget()


def _forget() -> None:
    for kept in (session.studies, session.service, session.store, datasets.downloads):
        kept.clear()


@pytest.fixture(scope="module")
def service() -> JobService:
    """The job service of the pages."""
    return session.service()


@pytest.fixture(scope="module")
def store(service: JobService) -> Store:
    """Where they keep their runs."""
    return session.store()


@pytest.fixture
def ann(request: pytest.FixtureRequest) -> str:
    """A visitor of this test alone."""
    return f"ann-{request.node.name}"
