"""Any page under AppTest, over a real job service: reached, waited for and read; and the runs that it looks at."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from playground.jobs import JobService
from playground.spec import RunSpec
from playground.ui import session

APP = str(Path(__file__).parents[2] / "app.py")
LIMIT_SECONDS = 120  # generous, since it only ends a test that would hang


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def ended(service: JobService, run_id: str) -> str:
    """The run's status, once it has ended and all of it is stored."""
    wait(lambda: not service.info(run_id).is_active)
    assert session.store().flush(LIMIT_SECONDS)
    return service.info(run_id).status


def train(service: JobService, run: RunSpec, owner: str = "ann") -> str:
    """The id of the run, once it is finished."""
    run_id = service.submit(run, owner)
    assert ended(service, run_id) == "finished"
    return run_id


def visit(path: str, run_id: str | None = None, visitor: str | None = None, **state: object) -> AppTest:
    """A visitor who came by the front page, with that run in the address; the page itself is still to be run."""
    page = AppTest.from_file(APP, default_timeout=60)
    if visitor:
        page.session_state["visitor"] = visitor
    page.run()
    if run_id:
        page.query_params["run"] = run_id
    for key, value in state.items():
        page.session_state[key] = value
    return page.switch_page(path)


def shown(changed: Any) -> AppTest:
    """The page, run once, without a fault; `changed` is itself, or one of its widgets."""
    page: AppTest = changed.run()
    assert not page.exception, page.exception[0].message
    return page


def settled(page: AppTest) -> AppTest:
    """The page, run as its ticking fragments would, until no task is asked any more."""

    def all_answered() -> bool:
        shown(page)
        return not ("tasks_asked" in page.session_state and page.session_state["tasks_asked"])

    wait(all_answered)
    return page


def metric_values(page: AppTest) -> dict[str, str]:
    """What its metrics show."""
    return {metric.label: metric.value for metric in page.metric}
