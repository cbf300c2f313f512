"""The page "Points in the plane": its address, its points, and what its controls make of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from page_app import wait
from plane_page_app import CIRCLES, click, open_plane, run_id_of, said, spec_of
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import ReLU
from playground.catalog.layers import Dense
from playground.catalog.presets import PRESETS
from playground.data.points import FAMILIES
from playground.edits import with_dataset, with_layers
from playground.jobs import JobService
from playground.spec import RunSpec
from playground.ui import plane_controls
from playground.ui.plane_commands import with_other_layers
from playground.ui.plane_points import with_points
from playground.ui.plane_state import Viewing

__all__ = ["open_plane"]  # a fixture


# --- the address, and the workbench of the other page -------------------------------------------------------------------


def test_the_address_restores_the_points_the_network_and_the_view(open_plane: Callable[..., AppTest]) -> None:
    run = with_points(with_layers(CIRCLES, (Dense(units=3, activation=ReLU()), *CIRCLES.network.layers)), "spiral", noise=0.1)
    viewing = Viewing(show_test=True, discrete=True, log_loss=True, speed=5.0, hidden=("presets",))
    first = open_plane(run, viewing)
    query = {name: first.query_params[name] for name in ("plane", "look")}
    second = open_plane(**query)
    assert spec_of(second) == run and second.session_state["plane_viewing"] == viewing
    assert not [button for button in second.button if str(button.key).startswith("preset.")]


def test_a_run_of_points_is_found_by_its_address_and_one_of_images_is_left_alone(
    open_plane: Callable[..., AppTest], service: JobService
) -> None:
    first = click(open_plane(with_points(CIRCLES, "moons")), "plane_epoch")
    run_id = run_id_of(first)
    assert run_id and first.query_params["run"] == run_id
    second = open_plane(run=run_id)
    assert spec_of(second) == service.info(run_id).run
    images = with_dataset(PRESETS[0].run, name="mnist-5k")
    image_run = service.submit(images, "ann", "pause")
    third = open_plane(run=image_run)
    assert run_id_of(third) is None and spec_of(third) == CIRCLES and third.query_params["run"] == image_run
    service.stop(image_run)


def test_the_run_of_somebody_else_is_shown_and_start_begins_one_of_ones_own(
    open_plane: Callable[..., AppTest], service: JobService
) -> None:
    theirs = service.submit(with_points(CIRCLES, "gaussians"), "somebody else", "batch")
    wait(lambda: service.info(theirs).status == "paused")
    app = open_plane(run=theirs)
    assert spec_of(app).dataset.name == "gaussians" and app.button(key="plane_main").label == "Start"
    app = click(app, "plane_epoch")
    mine = run_id_of(app)
    assert mine and mine != theirs
    wait(lambda: service.info(mine).status == "paused")
    assert service.weights(mine, age=0).step == 25 and service.weights(theirs).step == 1
    click(app, "plane_reset")
    assert service.info(theirs).status == "paused"
    service.stop(theirs)


def test_the_workbench_of_build_and_train_is_not_touched(open_plane: Callable[..., AppTest]) -> None:
    app = click(open_plane(), "preset.plane-hills")
    assert app.session_state["run_spec"] == PRESETS[0].run
    app = click(app, "plane_to_build")
    assert app.session_state["run_spec"] == spec_of(app)


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
    assert sizes(with_other_layers(with_layers(CIRCLES, ()), {"kind": "add_layer"})) == [4, 1]
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
    app = click(open_plane(with_points(CIRCLES, "spiral", classes=3, num_points=200)), "plane_paint_on")
    run = spec_of(app)
    assert run.dataset.name == "painted" and run.dataset.points
    painted = run.dataset.points.painted
    assert len(painted) == 200 and {value for _, _, value in painted} == {0.0, 1.0, 2.0}
    assert RunSpec.from_link(run.to_link()) == run
    assert not app.button(key="plane_main").disabled and not app.error
    app = click(app, "plane_clear")
    assert "no point yet" in said(app)
    app = click(app, "plane_undo")
    assert spec_of(app) == run


def test_the_plane_has_room_for_500_points_and_an_address_for_all_of_them(open_plane: Callable[..., AppTest]) -> None:
    app = click(open_plane(with_points(CIRCLES, num_points=2000)), "plane_paint_on")
    run = spec_of(app)
    assert run.dataset.points and len(run.dataset.points.painted) == 500
    assert RunSpec.from_link(app.query_params["plane"]) == run
