"""The page "Points in the plane" when things happen while it is being drawn: buttons tell the truth, and no click is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from page_app import shown, wait
from plane_page_app import CIRCLES, click, keyed, open_plane, run_id_of, spec_of
from streamlit.testing.v1 import AppTest

from playground.data.points import family_of
from playground.edits import with_training
from playground.jobs import JobService
from playground.spec import RunSpec
from playground.ui import plane_page, plane_state

__all__ = ["open_plane"]  # a fixture


def test_a_run_that_goes_on_while_the_page_is_drawn_has_a_button_that_pauses_it(
    open_plane: Callable[..., AppTest], service: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = click(open_plane(), "plane_epoch")
    run_id = run_id_of(app)
    assert run_id
    wait(lambda: service.info(run_id).status == "paused")
    drawn = plane_page.data_column

    def slow_column(run: RunSpec) -> None:  # meanwhile another tab presses "Go on"
        service.resume(run_id)
        wait(lambda: service.info(run_id).status == "running")
        drawn(run)

    monkeypatch.setattr(plane_page, "data_column", slow_column)
    assert shown(app).button(key="plane_main").label == "Pause"


def test_a_control_that_is_used_twice_in_a_row_is_still_the_same(open_plane: Callable[..., AppTest]) -> None:
    app = open_plane()
    before = keyed(app.selectbox, "plane_task").key
    for is_number in (True, False):
        app = shown(app.selectbox(key=before).set_value(is_number))
        assert (family_of(spec_of(app).dataset.name).task == "regression") == is_number
    before = keyed(app.slider, "plane_share").key
    for percent in (70, 30):
        app = shown(app.slider(key=before).set_value(percent))
        assert plane_state.points_of(spec_of(app)).train_share == percent / 100


def test_a_control_shows_what_something_else_has_changed(open_plane: Callable[..., AppTest]) -> None:
    app = shown(keyed(open_plane().select_slider, "plane_rate").set_value(0.3))
    app = shown(keyed(app.slider, "plane_noise").set_value(20))
    assert keyed(app.select_slider, "plane_rate").value == 0.3
    app = click(app, "plane_undo")
    assert keyed(app.slider, "plane_noise").value == 0 and keyed(app.select_slider, "plane_rate").value == 0.3
    app = click(app, "preset.plane-hills")
    assert keyed(app.selectbox, "plane_task").value is True and keyed(app.slider, "plane_share").value == 50
    optimizer = CIRCLES.training.optimizer.model_copy(update={"learning_rate": 0.7})
    other = open_plane(with_training(CIRCLES, optimizer=optimizer))
    assert keyed(other.select_slider, "plane_rate").value == 0.7
