"""The page "Points in the plane", over a real job service with a real worker: training, bad input."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from page_app import shown, wait
from plane_page_app import CIRCLES, click, keyed, open_plane, run_id_of, said, spec_of
from streamlit.testing.v1 import AppTest

from playground.catalog.layers import Conv2d, Dense
from playground.catalog.plane_presets import PLANE_PRESETS
from playground.catalog.presets import PRESETS
from playground.edits import with_layers, with_training
from playground.insight.plane import first_weights, look
from playground.jobs import JobService
from playground.spec import PointsSpec, RunSpec
from playground.ui.plane_points import with_points
from playground.ui.plane_state import Viewing

__all__ = ["open_plane"]  # a fixture


def test_a_first_visit_finds_a_network_that_can_be_trained_and_is_drawn(open_plane: Callable[..., AppTest]) -> None:
    app = open_plane()
    assert spec_of(app) == CIRCLES
    assert not app.button(key="plane_main").disabled and not app.error and not app.warning
    seen = app.session_state["plane_seen"]
    assert seen.look.surface is not None and seen.look.train.loss > 0
    assert "plane" not in app.query_params, "the page's own address shows it already"


@pytest.mark.parametrize("slug", [preset.slug for preset in PLANE_PRESETS])
def test_every_preset_can_be_put_on_the_workbench(slug: str, open_plane: Callable[..., AppTest]) -> None:
    app = click(open_plane(), f"preset.{slug}")
    wanted = next(preset.run for preset in PLANE_PRESETS if preset.slug == slug)
    assert spec_of(app) == wanted and not app.button(key="plane_main").disabled and not app.error
    app = shown(app.segmented_control(key="plane_section").set_value("training"))
    assert spec_of(app) == wanted, "opening a form changed the run"


def test_start_pause_one_batch_one_epoch_and_reset(open_plane: Callable[..., AppTest], service: JobService) -> None:
    app = click(open_plane(), "plane_epoch")
    run_id = run_id_of(app)
    assert run_id
    wait(lambda: service.info(run_id).status == "paused")
    assert service.weights(run_id, age=0).step == 25
    app = click(shown(app), "plane_batch")
    wait(lambda: service.info(run_id).status == "paused" and service.weights(run_id, age=0).step == 26)
    app = click(shown(app), "plane_main")
    wait(lambda: service.weights(run_id, age=0).step > 60)
    assert shown(app).button(key="plane_main").label == "Pause"
    app = click(app, "plane_main")
    wait(lambda: service.info(run_id).status == "paused")
    app = click(app, "plane_reset")
    assert run_id_of(app) is None and spec_of(app) == CIRCLES and "run" not in app.query_params
    wait(lambda: service.info(run_id).status == "stopped")
    expected = look(CIRCLES, first_weights(CIRCLES))
    assert app.session_state["plane_seen"].look.train == expected.train
    # What it had learned is one click away, and can go on from there.
    app = click(app, "plane_undo")
    assert run_id_of(app) == run_id and app.button(key="plane_main").label == "Go on"
    step = service.weights(run_id).step
    app = click(app, "plane_batch")
    other = run_id_of(app)
    assert other and other != run_id
    wait(lambda: service.weights(other, age=0).step == step + 1)


def test_a_running_network_takes_up_a_rate_and_begins_anew_for_other_points(
    open_plane: Callable[..., AppTest], service: JobService
) -> None:
    app = click(open_plane(viewing=Viewing(speed=20.0)), "plane_main")
    run_id = run_id_of(app)
    assert run_id
    wait(lambda: service.info(run_id).status == "running")
    app = shown(keyed(app.select_slider, "plane_rate").set_value(0.3))
    assert service.info(run_id).run.training.optimizer.learning_rate == 0.3 and run_id_of(app) == run_id
    app = shown(keyed(app.slider, "plane_batch_size").set_value(20))
    assert service.info(run_id).run.training.batch_size == 20 and run_id_of(app) == run_id
    app = shown(keyed(app.slider, "plane_noise").set_value(20))
    assert run_id_of(app) is None and spec_of(app).dataset.points == PointsSpec(noise=0.2)
    wait(lambda: service.info(run_id).status == "stopped")
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
    app = click(app, "plane_batch")
    run_id = run_id_of(app)
    assert run_id
    wait(lambda: service.info(run_id).status == "paused" and service.weights(run_id, age=0).step == 1)
    tensors = service.weights(run_id, age=0).tensors
    assert torch.equal(tensors["0_dense_0.weight"], expected["0_dense_0.weight"])
    assert torch.equal(tensors["1_dense_0.bias"], expected["1_dense_0.bias"])
    assert not torch.equal(tensors["2_dense_0.bias"], expected["2_dense_0.bias"])


def test_a_rate_that_blows_up_is_explained_and_mended_by_one_click(
    open_plane: Callable[..., AppTest], service: JobService
) -> None:
    run = next(preset.run for preset in PLANE_PRESETS if preset.slug == "plane-too-fast")
    app = click(open_plane(run), "plane_main")
    run_id = run_id_of(app)
    assert run_id
    wait(lambda: service.info(run_id).status == "failed")
    app = shown(app)
    assert "learning rate" in said(app)
    assert all(tensor.isfinite().all() for tensor in service.weights(run_id).tensors.values())
    assert app.session_state["plane_seen"].look.surface is not None, "the last good weights are drawn"
    app = click(app, "plane_smaller_steps")
    other = run_id_of(app)
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
    assert words in said(app)
    assert app.button(key="plane_main").disabled != can_start
    app = click(app, "preset.plane-circles")
    assert spec_of(app) == CIRCLES and not app.button(key="plane_main").disabled and not app.error
    app = click(app, "plane_undo")
    assert spec_of(app) == run and words in said(app)


def test_a_network_without_hidden_layers_is_drawn_and_trains(open_plane: Callable[..., AppTest]) -> None:
    app = open_plane(with_layers(CIRCLES, CIRCLES.network.layers[-1:]))
    assert not app.button(key="plane_main").disabled and not app.error
    assert len(app.session_state["plane_seen"].look.columns) == 1


def test_a_broken_link_is_told_and_the_page_works(open_plane: Callable[..., AppTest]) -> None:
    app = open_plane(plane=CIRCLES.to_link()[:-5], look="1.nothing")
    assert "link" in said(app) and spec_of(app) == CIRCLES
    app = open_plane(plane=PRESETS[0].run.to_link())
    assert "no points in the plane" in said(app) and spec_of(app) == CIRCLES
