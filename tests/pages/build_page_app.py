"""The front page under AppTest, with the real job service behind it: what its tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from page_app import APP, ended, shown, wait
from streamlit.testing.v1 import AppTest

from playground.spec import RunSpec
from playground.ui import session

SECTIONS = ("network", "training", "data")


@pytest.fixture(scope="module", autouse=True)
def server(own_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A server that can neither find nor fetch full MNIST: its data folder is a file. So it trains on the sample."""
    blocked = tmp_path_factory.mktemp("data") / "a-file"
    blocked.write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_DATA_DIR", str(blocked))
        patch.setenv("PLAYGROUND_WORKERS", "1")
        yield


@pytest.fixture
def open_app() -> Iterator[Callable[..., AppTest]]:
    """open_app(on_workbench, **query) -> the front page of a new visitor, with that run on the workbench."""
    opened: list[AppTest] = []

    def open_with(on_workbench: RunSpec | None = None, **query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        if on_workbench is not None:
            app.session_state["run_spec"] = on_workbench
        opened.append(app)
        return shown(app)

    yield open_with
    for app in opened:
        if run_id := shown_run(app):
            session.service().stop(run_id)


def shown_run(app: AppTest) -> str | None:
    return app.session_state["run_id"] if "run_id" in app.session_state else None  # noqa: SIM401 (it has no get)


def workbench(app: AppTest) -> RunSpec:
    run: RunSpec = app.session_state["run_spec"]
    return run


def section(app: AppTest, name: str) -> AppTest:
    return shown(next(group for group in app.get("button_group") if group.key == "section").set_value(name))


def choose_preset(app: AppTest, slug: str) -> AppTest:
    return shown(app.button(key=f"preset.{slug}").click())


def keyed(widgets: Any, start: str) -> Any:
    """The one widget whose key begins so."""
    found = [widget for widget in widgets if str(widget.key).startswith(start)]
    assert len(found) == 1, (start, [widget.key for widget in widgets])
    return found[0]


def labelled(widgets: Any, label: str) -> Any:
    found = [widget for widget in widgets if widget.label == label]
    assert len(found) == 1, (label, [widget.label for widget in widgets])
    return found[0]


def click(app: AppTest, label: str) -> AppTest:
    return shown(labelled(app.button, label).click())


def said(app: AppTest) -> str:
    """Every message of the page in one text."""
    boxes = (*app.error, *app.warning, *app.info, *app.markdown)
    return "\n".join(box.value for box in boxes)


def wait_until_running(app: AppTest) -> str:
    """The id of the run that the page shows, once its worker has begun."""
    run_id = shown_run(app)
    assert run_id
    wait(lambda: session.service().info(run_id).status != "waiting")
    assert session.service().info(run_id).status == "running"
    return run_id


def trained(app: AppTest) -> AppTest:
    """The page once the run that Train starts has ended."""
    run_id = shown_run(click(app, "Train"))
    assert run_id
    ended(session.service(), run_id)
    return shown(app)


def slowly(app: AppTest) -> AppTest:
    """In slow motion a run is still going on when the test looks at it."""
    return shown(app.selectbox(key="speed").set_value(5.0))
