"""The page "Points in the plane", over a real job service with a real worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import ReLU
from playground.catalog.layers import Conv2d, Dense
from playground.catalog.plane_presets import PLANE_PRESETS
from playground.catalog.presets import PRESETS
from playground.data.points import FAMILIES
from playground.edits import with_dataset, with_layers, with_training
from playground.insight.plane import first_weights, look
from playground.jobs import JobService
from playground.spec import PointsSpec, RunSpec
from playground.ui import plane_controls, session
from playground.ui.plane_commands import with_other_layers
from playground.ui.plane_points import with_points
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
        return _checked(app.switch_page(PAGE).run())

    yield open_with
    for app in opened:
        if run_id := _run_id(app):
            service.stop(run_id)


def _checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def _state(app: AppTest, name: str) -> Any:
    return app.session_state[name] if name in app.session_state else None  # noqa: SIM401 (it has no get)


def _run_id(app: AppTest) -> str | None:
    found: str | None = _state(app, "plane_run")
    return found


def _spec(app: AppTest) -> RunSpec:
    found: RunSpec = app.session_state["plane_spec"]
    return found


def _click(app: AppTest, key: str) -> AppTest:
    return _checked(app.button(key=key).click().run())


def _keyed(widgets: Any, start: str) -> Any:
    found = [widget for widget in widgets if str(widget.key).startswith(f"{start}.")]
    assert len(found) == 1, (start, [widget.key for widget in widgets])
    return found[0]


def _said(app: AppTest) -> str:
    return "\n".join(box.value for box in (*app.error, *app.warning, *app.info))


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_a_first_visit_finds_a_network_that_can_be_trained_and_is_drawn(open_plane: Callable[..., AppTest]) -> None:
    app = open_plane()
    assert _spec(app) == CIRCLES
    assert not app.button(key="plane_main").disabled and not app.error and not app.warning
    seen = app.session_state["plane_seen"]
    assert seen.look.surface is not None and seen.look.train.loss > 0
    assert app.query_params["plane"] == CIRCLES.to_link()


@pytest.mark.parametrize("slug", [preset.slug for preset in PLANE_PRESETS])
def test_every_preset_can_be_put_on_the_workbench(slug: str, open_plane: Callable[..., AppTest]) -> None:
    app = _click(open_plane(), f"preset.{slug}")
    wanted = next(preset.run for preset in PLANE_PRESETS if preset.slug == slug)
    assert _spec(app) == wanted and not app.button(key="plane_main").disabled and not app.error
    app = _checked(app.segmented_control(key="plane_section").set_value("training").run())
    assert _spec(app) == wanted, "opening a form changed the run"


def test_start_pause_one_batch_one_epoch_and_reset(open_plane: Callable[..., AppTest], service: JobService) -> None:
    app = _click(open_plane(), "plane_epoch")
    run_id = _run_id(app)
    assert run_id
    _wait(lambda: service.info(run_id).status == "paused")
    assert service.weights(run_id, age=0).step == 25
    app = _click(app.run(), "plane_batch")
    _wait(lambda: service.info(run_id).status == "paused" and service.weights(run_id, age=0).step == 26)
    app = _click(app.run(), "plane_main")
    _wait(lambda: service.weights(run_id, age=0).step > 60)
    assert app.button(key="plane_main").label == "Pause"
    app = _click(app, "plane_main")
    _wait(lambda: service.info(run_id).status == "paused")
    app = _click(app, "plane_reset")
    assert _run_id(app) is None and _spec(app) == CIRCLES and "run" not in app.query_params
    _wait(lambda: service.info(run_id).status == "stopped")
    expected = look(CIRCLES, first_weights(CIRCLES))
    assert app.session_state["plane_seen"].look.train == expected.train
    # What it had learned is one click away, and can go on from there.
    app = _click(app, "plane_undo")
    assert _run_id(app) == run_id and app.button(key="plane_main").label == "Go on"
    step = service.weights(run_id).step
    app = _click(app, "plane_batch")
    other = _run_id(app)
    assert other and other != run_id
    _wait(lambda: service.weights(other, age=0).step == step + 1)


def test_a_running_network_takes_up_a_rate_and_begins_anew_for_other_points(
    open_plane: Callable[..., AppTest], service: JobService
) -> None:
    app = _click(open_plane(viewing=Viewing(speed=20.0)), "plane_main")
    run_id = _run_id(app)
    assert run_id
    _wait(lambda: service.info(run_id).status == "running")
    app = _checked(_keyed(app.select_slider, "plane_rate").set_value(0.3).run())
    assert service.info(run_id).run.training.optimizer.learning_rate == 0.3 and _run_id(app) == run_id
    app = _checked(_keyed(app.slider, "plane_batch_size").set_value(20).run())
    assert service.info(run_id).run.training.batch_size == 20 and _run_id(app) == run_id
    app = _checked(_keyed(app.slider, "plane_noise").set_value(20).run())
    assert _run_id(app) is None and _spec(app).dataset.points == PointsSpec(noise=0.2)
    _wait(lambda: service.info(run_id).status == "stopped")
    assert app.button(key="plane_main").label == "Start"


def test_weights_set_by_hand_before_the_start_are_those_it_begins_with(
    open_plane: Callable[..., AppTest], service: JobService
) -> None:
    edits = (("0_dense_0.weight", (2, 1), 0.5), ("1_dense_0.bias", (0,), -1.25))
    app = open_plane(viewing=Viewing(edits=edits))
    expected = {name: tensor.clone() for name, tensor in first_weights(CIRCLES).items()}
    expected["0_dense_0.weight"][2, 1], expected["1_dense_0.bias"][0] = 0.5, -1.25
    assert app.session_state["plane_seen"].look.train == look(CIRCLES, expected).train
    frozen = with_training(CIRCLES, frozen_layers=(0, 1))  # so that one batch leaves what was set
    app = open_plane(frozen, Viewing(edits=edits))
    app = _click(app, "plane_batch")
    run_id = _run_id(app)
    assert run_id
    _wait(lambda: service.info(run_id).status == "paused" and service.weights(run_id, age=0).step == 1)
    tensors = service.weights(run_id, age=0).tensors
    assert torch.equal(tensors["0_dense_0.weight"], expected["0_dense_0.weight"])
    assert torch.equal(tensors["1_dense_0.bias"], expected["1_dense_0.bias"])
    assert not torch.equal(tensors["2_dense_0.bias"], expected["2_dense_0.bias"])


def test_a_rate_that_blows_up_is_explained_and_mended_by_one_click(
    open_plane: Callable[..., AppTest], service: JobService
) -> None:
    run = next(preset.run for preset in PLANE_PRESETS if preset.slug == "plane-too-fast")
    app = _click(open_plane(run), "plane_main")
    run_id = _run_id(app)
    assert run_id
    _wait(lambda: service.info(run_id).status == "failed")
    app = _checked(app.run())
    assert "learning rate" in _said(app)
    assert all(tensor.isfinite().all() for tensor in service.weights(run_id).tensors.values())
    assert app.session_state["plane_seen"].look.surface is not None, "the last good weights are drawn"
    app = _click(app, "plane_smaller_steps")
    other = _run_id(app)
    assert other and other != run_id
    assert service.info(other).run.training.optimizer.learning_rate == pytest.approx(run.training.optimizer.learning_rate / 10)
    assert service.info(other).status in ("running", "waiting")


# --- bad input ----------------------------------------------------------------------------------------------------------

_PAINTED = with_points(CIRCLES, "painted")
_ONE_PLACE = tuple((1.0, 1.0, float(value)) for value in (0, 1, 0, 1, 0, 1))
_ONE_CLASS = tuple((x / 2, 1.0, 0.0) for x in range(8))


@pytest.mark.parametrize(
    ("run", "words", "can_start"),
    [
        (_PAINTED, "no point yet", False),
        (with_points(_PAINTED, painted=((1.0, 2.0, 0.0),)), "only one point", False),
        (with_points(_PAINTED, painted=_ONE_PLACE), "one place", False),
        (with_points(_PAINTED, painted=_ONE_CLASS), "one class", True),
        (with_points(CIRCLES, inputs=()), "inputs are switched off", False),
        (with_layers(CIRCLES, ()), "no layers", False),
        (with_layers(CIRCLES, (Dense(units=4),)), "must give 1 number", False),
        (with_layers(CIRCLES, (Conv2d(), *CIRCLES.network.layers)), "Layer 1", False),
    ],
)
def test_bad_input_gets_a_sentence_and_the_page_stays_alive(
    run: RunSpec, words: str, can_start: bool, open_plane: Callable[..., AppTest]
) -> None:
    app = open_plane(run)
    assert words in _said(app)
    assert app.button(key="plane_main").disabled != can_start
    app = _click(app, "preset.plane-circles")
    assert _spec(app) == CIRCLES and not app.button(key="plane_main").disabled and not app.error
    app = _click(app, "plane_undo")
    assert _spec(app) == run and words in _said(app)


def test_a_network_without_hidden_layers_is_drawn_and_trains(open_plane: Callable[..., AppTest]) -> None:
    app = open_plane(with_layers(CIRCLES, CIRCLES.network.layers[-1:]))
    assert not app.button(key="plane_main").disabled and not app.error
    assert len(app.session_state["plane_seen"].look.columns) == 1


def test_a_broken_link_is_told_and_the_page_works(open_plane: Callable[..., AppTest]) -> None:
    app = open_plane(plane=CIRCLES.to_link()[:-5], look="1.nothing")
    assert "link" in _said(app) and _spec(app) == CIRCLES
    app = open_plane(plane=PRESETS[0].run.to_link())
    assert "no points in the plane" in _said(app) and _spec(app) == CIRCLES


# --- the address, and the workbench of the other page -------------------------------------------------------------------


def test_the_address_restores_the_points_the_network_and_the_view(open_plane: Callable[..., AppTest]) -> None:
    run = with_points(with_layers(CIRCLES, (Dense(units=3, activation=ReLU()), *CIRCLES.network.layers)), "spiral", noise=0.1)
    viewing = Viewing(show_test=True, discrete=True, log_loss=True, speed=5.0, hidden=("presets",))
    first = open_plane(run, viewing)
    query = {name: first.query_params[name] for name in ("plane", "look")}
    second = open_plane(**query)
    assert _spec(second) == run and second.session_state["plane_viewing"] == viewing
    assert not [button for button in second.button if str(button.key).startswith("preset.")]


def test_a_run_of_points_is_found_by_its_address_and_one_of_images_is_left_alone(
    open_plane: Callable[..., AppTest], service: JobService
) -> None:
    first = _click(open_plane(with_points(CIRCLES, "moons")), "plane_epoch")
    run_id = _run_id(first)
    assert run_id and first.query_params["run"] == run_id
    second = open_plane(run=run_id)
    assert _spec(second) == service.info(run_id).run
    images = with_dataset(PRESETS[0].run, name="mnist-5k")
    image_run = service.submit(images, "ann", "pause")
    third = open_plane(run=image_run)
    assert _run_id(third) is None and _spec(third) == CIRCLES and third.query_params["run"] == image_run
    service.stop(image_run)


def test_the_workbench_of_build_and_train_is_not_touched(open_plane: Callable[..., AppTest]) -> None:
    app = _click(open_plane(), "preset.plane-hills")
    assert app.session_state["run_spec"] == PRESETS[0].run
    app = _click(app, "plane_to_build")
    assert app.session_state["run_spec"] == _spec(app)


# --- what the controls make of a run ------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_of_points_gets_a_loss_and_a_last_layer_that_fit(family: Any) -> None:
    run = with_points(CIRCLES, family.name, classes=4 if family.chooses_classes else 2)
    outputs = run.network.layers[-1].units  # type: ignore[union-attr]
    assert outputs == (4 if family.chooses_classes else 1)
    back = with_points(run, "circles", classes=2)
    assert back == CIRCLES, "and back again"


def test_more_points_never_ask_for_more_epochs_than_are_allowed() -> None:
    large = with_points(CIRCLES, num_points=2000, train_share=0.9)
    assert large.training.epochs == 5400
    assert with_points(large, num_points=500, train_share=0.5) == CIRCLES


def test_neurons_and_layers_are_added_and_taken_away() -> None:
    def sizes(run: RunSpec) -> list[int]:
        return [layer.units for layer in run.network.layers]  # type: ignore[union-attr]

    more = with_other_layers(CIRCLES, {"kind": "units", "layer": 0, "delta": 1})
    assert sizes(more) == [5, 2, 1]
    assert with_other_layers(CIRCLES, {"kind": "units", "layer": 2, "delta": 1}) == CIRCLES, "the last layer answers"
    assert sizes(with_other_layers(CIRCLES, {"kind": "add_layer"})) == [4, 2, 2, 1]
    bare = CIRCLES
    for _ in range(5):
        bare = with_other_layers(bare, {"kind": "remove_layer"})
    assert sizes(bare) == [1]
    deep = bare
    for _ in range(20):
        deep = with_other_layers(deep, {"kind": "add_layer"})
    assert sizes(deep) == [4] * 8 + [1]
    assert plane_controls.hidden_layers(deep) == tuple(range(8))
    relu = plane_controls.with_activation(deep, "relu")
    assert all(layer.activation == ReLU() for layer in relu.network.layers[:-1])  # type: ignore[union-attr]
    assert relu.network.layers[-1] == CIRCLES.network.layers[-1]


# --- painting -------------------------------------------------------------------------------------------------------------


def test_points_that_are_there_can_be_painted_on(open_plane: Callable[..., AppTest]) -> None:
    app = _click(open_plane(with_points(CIRCLES, "spiral", classes=3, num_points=200)), "plane_paint_on")
    run = _spec(app)
    assert run.dataset.name == "painted" and run.dataset.points
    painted = run.dataset.points.painted
    assert len(painted) == 200 and {value for _, _, value in painted} == {0.0, 1.0, 2.0}
    assert RunSpec.from_link(run.to_link()) == run
    assert not app.button(key="plane_main").disabled and not app.error
    app = _click(app, "plane_clear")
    assert "no point yet" in _said(app)
    app = _click(app, "plane_undo")
    assert _spec(app) == run


def test_the_plane_has_room_for_500_points_and_an_address_for_all_of_them(open_plane: Callable[..., AppTest]) -> None:
    app = _click(open_plane(with_points(CIRCLES, num_points=2000)), "plane_paint_on")
    run = _spec(app)
    assert run.dataset.points and len(run.dataset.points.painted) == 500
    assert RunSpec.from_link(app.query_params["plane"]) == run
