"""The address that holds the workbench, and the Share window."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import torch
from build_page_app import (
    choose_preset,
    click,
    labelled,
    open_app,
    said,
    server,
    shown_run,
    slowly,
    wait_until_running,
    workbench,
)
from page_app import shown
from streamlit.testing.v1 import AppTest
from workbench_links import FIRST, edit_units, linked, open_share, parameter

from playground.catalog.presets import preset
from playground.network import build
from playground.spec import DatasetSpec, RunSpec
from playground.training.saved import SavedNetwork

__all__ = ["open_app", "server"]  # fixtures

Open = Callable[..., AppTest]


# --- the address ----------------------------------------------------------------------------------------------------------


def test_the_first_visit_has_a_short_address_and_an_edit_stands_in_it(open_app: Open) -> None:
    app = open_app()
    assert parameter(app, "spec") is None
    edit_units(app, 77)
    assert linked(app) == workbench(app)
    assert workbench(app).network.layers[1].units == 77  # type: ignore[attr-defined]
    again = open_app(spec=parameter(app, "spec"))
    assert workbench(again) == workbench(app)
    edit_units(app, 128)
    assert parameter(app, "spec") is None


def test_a_preset_stands_in_the_address(open_app: Open) -> None:
    app = choose_preset(open_app(), "lenet-5")
    assert linked(app) == preset("lenet-5").run
    choose_preset(app, "first-network")
    assert parameter(app, "spec") is None


def test_beside_a_run_the_workbench_stands_in_the_address_only_while_it_differs(open_app: Open) -> None:
    app = slowly(choose_preset(open_app(), "two-layers-sgd"))
    click(app, "Train")
    run_id = wait_until_running(app)
    shown(app)
    assert parameter(app, "run") == run_id and parameter(app, "spec") is None
    edit_units(app, 33)
    assert parameter(app, "run") == run_id and linked(app) == workbench(app)
    again = open_app(run=run_id, spec=parameter(app, "spec"))
    assert workbench(again) == workbench(app) and shown_run(again) == run_id
    click(app, "Undo")
    assert parameter(app, "run") == run_id and parameter(app, "spec") is None


def test_other_pages_and_the_way_back_keep_the_workbench(open_app: Open) -> None:
    app = edit_units(open_app(), 55)
    link = parameter(app, "spec")
    shown(app.switch_page("pages/2_Draw.py"))
    assert parameter(app, "spec") == link
    shown(app.switch_page("app.py"))
    assert parameter(app, "spec") == link and workbench(app).network.layers[1].units == 55  # type: ignore[attr-defined]


def test_an_address_that_the_browser_sends_once_more_undoes_no_edit(open_app: Open) -> None:
    app = edit_units(open_app(), 55)
    earlier = parameter(app, "spec")
    assert earlier
    edit_units(app, 66)
    app.query_params["spec"] = earlier
    shown(app)
    assert workbench(app).network.layers[1].units == 66  # type: ignore[attr-defined]
    assert linked(app) == workbench(app)


def test_a_new_link_in_the_address_comes_onto_the_workbench(open_app: Open) -> None:
    app = edit_units(open_app(), 55)
    app.query_params["spec"] = preset("lenet-5").run.to_link()
    shown(app)
    assert workbench(app) == preset("lenet-5").run


def test_a_bad_link_names_what_is_wrong_and_leaves_the_work_untouched(open_app: Open) -> None:
    app = edit_units(open_app(), 55)
    before = workbench(app)
    wrong = FIRST.model_copy(update={"seed": -5, "training": FIRST.training.model_copy(update={"epochs": 0})})
    app.query_params["spec"] = wrong.to_link()
    shown(app)
    assert workbench(app) == before
    assert "Seed (seed) is -5; allowed: a whole number from 0" in said(app)
    assert "Epochs (training.epochs) is 0; allowed: a whole number from 1 to 100,000" in said(app)
    edit_units(app, 56)
    assert "allowed" not in said(app) and linked(app) == workbench(app)


# --- the Share window -----------------------------------------------------------------------------------------------------


def upload(app: AppTest, content: bytes, name: str = "settings.json") -> AppTest:
    return shown(app.get("file_uploader")[0].set_value((name, content, "application/json")))


def test_the_window_shows_the_link_of_the_workbench_and_its_qr_code(open_app: Open) -> None:
    app = open_share(edit_units(open_app(), 77))
    link = app.code[0].value
    assert workbench(open_app(spec=link.partition("spec=")[2])) == workbench(app)
    assert any("data:image/svg+xml" in each.proto.body for each in app.get("html"))


def test_a_settings_file_comes_onto_the_workbench(open_app: Open) -> None:
    app = upload(open_share(open_app()), b"\xef\xbb\xbf" + preset("lenet-5").run.to_json(indent=1).encode())
    assert workbench(app) == preset("lenet-5").run
    assert linked(app) == preset("lenet-5").run
    assert not app.code, "the window stays open"


BAD_FILES: dict[str, tuple[bytes, list[str]]] = {
    "wrong values": (
        json.dumps({"seed": -1, "training": {"epochs": 0}, "colour": "red"}).encode(),
        ["- Seed (seed) is -1; allowed", "- Epochs (training.epochs) is 0; allowed", "- colour is no field"],
    ),
    "cut off": (FIRST.to_json().encode()[:100], ["It is no JSON"]),
    "a picture": (b"\x89PNG\r\n\xff\xfe", ["no text"]),
    "empty": (b"", ["It is no JSON"]),
    "huge": (b" " * 500_000, ["500,000 bytes", "400,000 are read"]),
    "another data set": (
        FIRST.model_copy(update={"dataset": DatasetSpec(name="no-such-set")}).to_json().encode(),
        ["no data set"],
    ),
    "newer": (b'{"version": 2}', ["newer playground"]),
}


@pytest.mark.parametrize(("content", "words"), BAD_FILES.values(), ids=list(BAD_FILES))
def test_a_bad_file_is_explained_and_leaves_the_work_untouched(content: bytes, words: list[str], open_app: Open) -> None:
    app = edit_units(open_app(), 77)
    before = workbench(app)
    upload(open_share(app), content)
    assert workbench(app) == before
    assert all(word in said(app) for word in words), said(app)
    assert "your network is as it was" in said(app).lower()


def saved_network(run: RunSpec, *, fits: bool = True) -> bytes:
    """An untrained network as a file; if it is not to fit, the first and the last weights have other shapes."""
    weights = dict(build(run.network, (1, 28, 28), run.seed).state_dict())
    if not fits:
        first, *_, last = weights
        weights |= {first: torch.zeros(64, 783), last: torch.zeros(3)}
    return SavedNetwork(run, weights, 0.13, 0.31, 0.875, 1000, "made by a test").to_bytes()


def test_a_network_file_comes_onto_the_workbench_and_reads_drawings(open_app: Open) -> None:
    app = upload(open_share(open_app()), saved_network(preset("two-layers-sgd").run), "mine.safetensors")
    assert workbench(app) == preset("two-layers-sgd").run
    shown(app.switch_page("pages/2_Draw.py"))
    reader = labelled(app.selectbox, "Network that reads")
    assert reader.value == "file-1" and "From the file “mine.safetensors”: 87.5 %" in str(reader.options)
    assert any("87.50% of 1,000 test images" in each.value for each in app.caption)
    shown(reader.set_value("shipped"))
    assert not any("87.50%" in each.value for each in app.caption)


def test_a_network_file_whose_weights_do_not_fit_lists_every_mismatch(open_app: Open) -> None:
    app = open_app()
    content = saved_network(preset("two-layers-sgd").run, fits=False)
    upload(open_share(app), content, "mine.safetensors")
    assert workbench(app) == FIRST
    assert "64 × 783" in said(app) and "64 × 784" in said(app) and "your network is as it was" in said(app)
    assert len([line for line in said(app).splitlines() if line.startswith("- ") and "float32" in line]) == 2
    upload(app, content[:500], "cut.safetensors")
    assert "no saved network" in said(app) and workbench(app) == FIRST
