"""The address that holds the workbench, the Share window, and lessons on the page."""

from __future__ import annotations

import html
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from build_page_app import (
    choose_preset,
    click,
    keyed,
    labelled,
    no_fault,
    open_app,
    said,
    section,
    server,
    shown_run,
    slowly,
    wait_until_running,
    workbench,
)
from streamlit.testing.v1 import AppTest

from playground.catalog.presets import preset
from playground.lessons import PARTS, Goal, Lesson
from playground.network import build
from playground.spec import DatasetSpec, RunSpec
from playground.training.saved import SavedNetwork
from playground.ui import session

__all__ = ["open_app", "server"]  # fixtures

Open = Callable[..., AppTest]
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
    return no_fault(keyed(app.number_input, f"layer.{revision}.1.dense.units").set_value(units).run())


def session_value(app: AppTest, name: str, default: Any) -> Any:
    return app.session_state[name] if name in app.session_state else default  # noqa: SIM401 (it has no get)


def banner(app: AppTest) -> str:
    """The lesson's banner, as its HTML."""
    found = [each.proto.body for each in app.get("html") if 'class="lesson' in each.proto.body]
    return html.unescape(found[0]) if found else ""


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
    no_fault(app.run())
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
    no_fault(app.switch_page("pages/2_Draw.py").run())
    assert parameter(app, "spec") == link
    no_fault(app.switch_page("app.py").run())
    assert parameter(app, "spec") == link and workbench(app).network.layers[1].units == 55  # type: ignore[attr-defined]


def test_an_address_that_the_browser_sends_once_more_undoes_no_edit(open_app: Open) -> None:
    app = edit_units(open_app(), 55)
    earlier = parameter(app, "spec")
    assert earlier
    edit_units(app, 66)
    app.query_params["spec"] = earlier
    no_fault(app.run())
    assert workbench(app).network.layers[1].units == 66  # type: ignore[attr-defined]
    assert linked(app) == workbench(app)


def test_a_new_link_in_the_address_comes_onto_the_workbench(open_app: Open) -> None:
    app = edit_units(open_app(), 55)
    app.query_params["spec"] = preset("lenet-5").run.to_link()
    no_fault(app.run())
    assert workbench(app) == preset("lenet-5").run


def test_a_bad_link_names_what_is_wrong_and_leaves_the_work_untouched(open_app: Open) -> None:
    app = edit_units(open_app(), 55)
    before = workbench(app)
    wrong = FIRST.model_copy(update={"seed": -5, "training": FIRST.training.model_copy(update={"epochs": 0})})
    app.query_params["spec"] = wrong.to_link()
    no_fault(app.run())
    assert workbench(app) == before
    assert "Seed (seed) is -5; allowed: a whole number from 0" in said(app)
    assert "Epochs (training.epochs) is 0; allowed: a whole number from 1 to 1,000" in said(app)
    edit_units(app, 56)
    assert "allowed" not in said(app) and linked(app) == workbench(app)


# --- the Share window -----------------------------------------------------------------------------------------------------


def open_share(app: AppTest) -> AppTest:
    return no_fault(app.button(key="share").click().run())


def upload(app: AppTest, content: bytes, name: str = "settings.json") -> AppTest:
    return no_fault(app.get("file_uploader")[0].set_value((name, content, "application/json")).run())


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
    no_fault(app.switch_page("pages/2_Draw.py").run())
    reader = labelled(app.selectbox, "Network that reads")
    assert reader.value == "file-1" and "From the file “mine.safetensors”: 87.5%" in str(reader.options)
    assert any("87.50% of 1,000 test images" in each.value for each in app.caption)
    no_fault(reader.set_value("shipped").run())
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


# --- lessons --------------------------------------------------------------------------------------------------------------

LESSON = Lesson(
    title="As small as <you> can",
    text="Reach 90 of 100 digits.",
    run=SAMPLE,
    locked=("presets", "optimizer", "epochs"),
    hidden_pages=("inspect",),
    goal=Goal(min_accuracy=50, max_parameters=90_000),
)


def test_a_lesson_shows_its_words_its_goal_and_its_own_network(open_app: Open) -> None:
    app = open_app(lesson=LESSON.to_link())
    assert workbench(app) == SAMPLE
    assert "As small as <you> can" in banner(app)
    assert not any("<you>" in each.proto.body for each in app.get("html")), "a lesson's words are no HTML"
    assert "at least 50 % validation accuracy" in banner(app) and "not measured yet" in banner(app)
    assert "✕</b>at most 90,000 parameters" in banner(app) and "it has 101,770" in banner(app)
    assert parameter(app, "lesson") and parameter(app, "spec") is None


def test_what_a_lesson_locks_is_greyed_out_with_a_lock_and_the_reason(open_app: Open) -> None:
    app = section(open_app(lesson=LESSON.to_link()), "training")
    for label in (":material/lock: Optimizer", ":material/lock: Weight decay", ":material/lock: Epochs"):
        widget = labelled([*app.selectbox, *app.number_input], label)
        assert widget.disabled and widget.help == "Your teacher has locked this."
    for label in ("Learning rate", "Batch size", "Seed", "Loss"):
        assert not labelled([*app.selectbox, *app.number_input], label).disabled
    assert not [each for each in app.button if str(each.key).startswith("preset.")]


@pytest.mark.parametrize("name", ["network", "training", "data"])
def test_a_lesson_that_locks_all_leaves_nothing_to_change(name: str, open_app: Open) -> None:
    app = section(open_app(lesson=LESSON.model_copy(update={"locked": tuple(PARTS)}).to_link()), name)
    widgets = [*app.selectbox, *app.number_input, *app.toggle]
    form = [each for each in widgets if each.key not in ("speed", "log_loss", "show_raw", "per_batch")]
    assert form and all(each.disabled for each in form), [each.label for each in form if not each.disabled]


def test_going_around_the_form_by_a_link_is_refused_with_words_and_mended_by_a_click(open_app: Open) -> None:
    other = preset("two-layers-sgd").run
    app = open_app(lesson=LESSON.to_link(), spec=other.to_link())
    assert "This lesson has other settings: Optimizer, Epochs." in said(app)
    click(app, "Train")
    assert shown_run(app) is None
    assert "Your teacher has locked these." in said(app)
    click(app, "Put them back")
    assert workbench(app).training.optimizer.model_copy(update={"learning_rate": 0.001}) == SAMPLE.training.optimizer
    assert workbench(app).training.epochs == SAMPLE.training.epochs
    assert workbench(app).network == other.network
    assert "other settings" not in said(app)


def test_a_preset_in_a_lesson_keeps_what_is_locked(open_app: Open) -> None:
    app = open_app(lesson=LESSON.model_copy(update={"locked": ("optimizer", "seed")}).to_link())
    choose_preset(app, "two-layers-sgd")
    assert workbench(app).network == preset("two-layers-sgd").run.network
    assert type(workbench(app).training.optimizer) is type(SAMPLE.training.optimizer)


def test_a_page_that_is_left_out_says_so_kindly_and_the_others_stay(open_app: Open) -> None:
    app = open_app(lesson=LESSON.to_link())
    no_fault(app.switch_page("pages/1_Inspect.py").run())
    assert any("This lesson does without “Inspect”" in each.value for each in app.subheader)
    assert len(app.subheader) == 1
    no_fault(app.switch_page("pages/2_Draw.py").run())
    assert not any("does without" in each.value for each in app.subheader)
    assert parameter(app, "lesson") == LESSON.to_link()


def test_the_goal_is_followed_and_reached_by_training(open_app: Open) -> None:
    small = LESSON.model_copy(update={"goal": Goal(min_accuracy=50, max_parameters=200_000, max_epochs=5)})
    app = open_app(lesson=small.to_link())
    assert "Goal reached" not in banner(app)
    click(app, "Train")
    deadline = time.monotonic() + 60
    while session.service().info(str(shown_run(app))).is_active and time.monotonic() < deadline:
        time.sleep(0.2)
    no_fault(app.run())
    assert "★ Goal reached!" in banner(app) and "best so far" in banner(app)
    assert parameter(app, "lesson") == small.to_link() and parameter(app, "run") == shown_run(app)


def test_leaving_a_lesson_opens_everything_and_keeps_the_network(open_app: Open) -> None:
    app = edit_units(open_app(lesson=LESSON.to_link()), 20)
    built = workbench(app)
    click(app, "Leave the lesson")
    assert banner(app) == "" and parameter(app, "lesson") is None
    assert workbench(app) == built and linked(app) == built
    section(app, "training")
    assert not labelled(app.selectbox, "Optimizer").disabled


@pytest.mark.parametrize("link", ["nonsense", LESSON.to_link()[:40], "9." + LESSON.to_link()[2:], FIRST.to_link()])
def test_a_bad_lesson_is_explained_and_everything_stays_open(link: str, open_app: Open) -> None:
    app = open_app(lesson=link)
    assert "lesson" in said(app) or "newer playground" in said(app)
    assert banner(app) == "" and workbench(app) == FIRST
    click(app, "Close")
    assert parameter(app, "lesson") is None and "everything is open" not in said(app)


def test_a_lesson_can_be_made_and_its_link_opens_it(open_app: Open) -> None:
    app = open_share(edit_units(open_app(), 20))
    no_fault(app.text_input(key="maker.title").set_value("My lesson").run())
    no_fault(app.multiselect(key="maker.locked").set_value(["network", "epochs"]).run())
    no_fault(app.multiselect(key="maker.hidden").set_value(["inspect"]).run())
    no_fault(app.number_input(key="maker.max_parameters").set_value(10_000).run())
    assert "Locked: Layers, Epochs." in said(app) and "Not in the menu: Inspect." in said(app)
    assert "15,910 parameters: nobody can reach" in said(app)
    made = Lesson.from_link(app.code[-1].value.partition("lesson=")[2])
    assert made == Lesson(
        title="My lesson",
        run=workbench(app),
        locked=("network", "epochs"),
        hidden_pages=("inspect",),
        goal=Goal(max_parameters=10_000),
    )
