"""The page "Points in the plane" under AppTest, with the real job service behind it: what its tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from page_app import shown, visit
from streamlit.testing.v1 import AppTest

from playground.catalog.plane_presets import PLANE_PRESETS
from playground.jobs import JobService
from playground.spec import RunSpec
from playground.ui.plane_state import Viewing

PAGE = "pages/11_Plane.py"
CIRCLES = PLANE_PRESETS[0].run


@pytest.fixture
def open_plane(service: JobService) -> Iterator[Callable[..., AppTest]]:
    """open_plane(bench, viewing, **query) -> the page of a new visitor."""
    opened: list[AppTest] = []

    def open_with(bench: RunSpec | None = None, viewing: Viewing | None = None, **query: str) -> AppTest:
        state = {"plane_spec": bench, "plane_viewing": viewing}
        app = visit(PAGE, **{name: value for name, value in state.items() if value is not None})
        for name, value in query.items():
            app.query_params[name] = value
        opened.append(app)
        return shown(app)

    yield open_with
    for app in opened:
        if run_id := run_id_of(app):
            service.stop(run_id)


def state(app: AppTest, name: str) -> Any:
    return app.session_state[name] if name in app.session_state else None  # noqa: SIM401 (it has no get)


def run_id_of(app: AppTest) -> str | None:
    found: str | None = state(app, "plane_run")
    return found


def spec_of(app: AppTest) -> RunSpec:
    found: RunSpec = app.session_state["plane_spec"]
    return found


def click(app: AppTest, key: str) -> AppTest:
    return shown(app.button(key=key).click())


def keyed(widgets: Any, start: str) -> Any:
    found = [widget for widget in widgets if str(widget.key).startswith(f"{start}.")]
    assert len(found) == 1, (start, [widget.key for widget in widgets])
    return found[0]


def said(app: AppTest) -> str:
    return "\n".join(box.value for box in (*app.error, *app.warning, *app.info))
