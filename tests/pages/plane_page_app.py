"""The page "Points in the plane" under AppTest, with the real job service behind it: what its tests share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.catalog.plane_presets import PLANE_PRESETS
from playground.jobs import JobService
from playground.spec import RunSpec
from playground.ui import session
from playground.ui.plane_state import Viewing

APP = str(Path(__file__).parents[2] / "app.py")
PAGE = "pages/11_Plane.py"
CIRCLES = PLANE_PRESETS[0].run


@pytest.fixture(scope="module")
def service() -> Iterator[JobService]:
    """The page's own service; ended afterwards, so that no worker stays."""
    jobs = session.service()
    yield jobs
    jobs.close()
    session.service.clear()


@pytest.fixture
def open_plane(service: JobService) -> Iterator[Callable[..., AppTest]]:
    """open_plane(bench, viewing, **query) -> the page of a new visitor."""
    opened: list[AppTest] = []

    def open_with(bench: RunSpec | None = None, viewing: Viewing | None = None, **query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        app.run()
        for name, value in query.items():
            app.query_params[name] = value
        if bench is not None:
            app.session_state["plane_spec"] = bench
        if viewing is not None:
            app.session_state["plane_viewing"] = viewing
        opened.append(app)
        return checked(app.switch_page(PAGE).run())

    yield open_with
    for app in opened:
        if run_id := run_id_of(app):
            service.stop(run_id)


def checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def state(app: AppTest, name: str) -> Any:
    return app.session_state[name] if name in app.session_state else None  # noqa: SIM401 (it has no get)


def run_id_of(app: AppTest) -> str | None:
    found: str | None = state(app, "plane_run")
    return found


def spec_of(app: AppTest) -> RunSpec:
    found: RunSpec = app.session_state["plane_spec"]
    return found


def click(app: AppTest, key: str) -> AppTest:
    return checked(app.button(key=key).click().run())


def keyed(widgets: Any, start: str) -> Any:
    found = [widget for widget in widgets if str(widget.key).startswith(f"{start}.")]
    assert len(found) == 1, (start, [widget.key for widget in widgets])
    return found[0]


def said(app: AppTest) -> str:
    return "\n".join(box.value for box in (*app.error, *app.warning, *app.info))


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
