"""What the tests of links share: the address, an edit, and the Share window."""

from __future__ import annotations

from typing import Any

from build_page_app import keyed, section
from page_app import shown
from streamlit.testing.v1 import AppTest

from playground.catalog.presets import preset
from playground.spec import DatasetSpec, RunSpec

FIRST = preset("first-network").run
SAMPLE = FIRST.model_copy(update={"dataset": DatasetSpec(name="mnist-5k")})


def parameter(app: AppTest, name: str) -> str | None:
    found = app.query_params.get(name)
    return found[0] if isinstance(found, list) else found


def linked(app: AppTest) -> RunSpec:
    text = parameter(app, "spec")
    assert text
    return RunSpec.from_link(text)


def edit_units(app: AppTest, units: int) -> AppTest:
    section(app, "network")
    revision = session_value(app, "form_revision", 0)
    return shown(keyed(app.number_input, f"layer.{revision}.1.dense.units").set_value(units))


def session_value(app: AppTest, name: str, default: Any) -> Any:
    return app.session_state[name] if name in app.session_state else default  # noqa: SIM401 (it has no get)


def open_share(app: AppTest) -> AppTest:
    return shown(app.button(key="share").click())
