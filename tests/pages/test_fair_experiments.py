"""Change one thing, forecast, look back and branch: on the pages, with the real job service behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from build_page_app import click, labelled, open_app, said, section, server, shown_run, workbench
from page_app import ended, shown, wait
from streamlit.testing.v1 import AppTest

from playground.catalog.presets import preset
from playground.jobs import RunInfo
from playground.spec import RunSpec
from playground.ui import session

__all__ = ["open_app", "server"]  # fixtures


@pytest.fixture
def trained(open_app: Callable[..., AppTest]) -> AppTest:
    """A visitor with a finished run of 2 epochs."""
    return finish(click(open_app(small_run()), "Train"))


def small_run(epochs: int = 2) -> RunSpec:
    run = preset("first-network").run
    training = run.training.model_copy(update={"epochs": epochs, "batch_size": 100})
    return run.model_copy(update={"training": training, "dataset": run.dataset.model_copy(update={"name": "mnist-5k"})})


def finish(app: AppTest) -> AppTest:
    assert ended(session.service(), info(app).id) == "finished"
    return shown(app)


def info(app: AppTest) -> RunInfo:
    run_id = shown_run(app)
    assert run_id
    return session.service().info(run_id)


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def test_one_thing_is_changed_and_the_new_run_remembers_what_it_is_compared_with(trained: AppTest) -> None:
    app, first = trained, info(trained)
    click(app, "Change one thing")
    assert "Now change one setting of **Run 1**" in said(app)
    section(app, "training")
    shown(labelled(app.number_input, "Learning rate").set_value(0.01))
    assert "Only the learning rate differs: 0.001 → 0.01." in said(app)
    shown(labelled(app.number_input, "Epochs").set_value(1))
    assert "You will not know which of them made the difference" in said(app)
    shown(labelled(app.number_input, "Epochs").set_value(2))
    finish(click(app, "Train"))
    second = info(app)
    assert second.id != first.id and second.origin.baseline == first.id
    assert "Grey: **Run 1**. Only the learning rate differs: 0.001 → 0.01. Both began with the same weights." in captions(app)
    # The same images in the same order: before the first step of different size, the first batch's loss is the same.
    losses = [session.service().events_since(run.id, 0)[0][1].losses[0] for run in (first, second)]  # type: ignore[union-attr]
    assert losses[0] == losses[1]


def test_a_changed_first_layer_is_told_to_begin_with_other_weights(trained: AppTest) -> None:
    app = click(trained, "Change one thing")
    run = workbench(app)
    wider = run.network.layers[1].model_copy(update={"units": 64})
    layers = (run.network.layers[0], wider, *run.network.layers[2:])
    app.session_state["run_spec"] = run.model_copy(update={"network": run.network.model_copy(update={"layers": layers})})
    finish(click(shown(app), "Train"))
    assert "0 of 4 weight tensors began the same" in captions(app)


def test_a_comparison_can_be_called_off(trained: AppTest) -> None:
    app = click(click(trained, "Change one thing"), "Compare no more")
    assert "Now change one setting" not in said(app)
    finish(click(app, "Train"))
    assert info(app).origin.baseline is None


def test_a_forecast_is_committed_before_training_and_scored_after_it(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(small_run()), "forecast")
    assert labelled(app.button, "Commit to this forecast").disabled
    shown(labelled(app.number_input, "Of 100 test images, it will get right").set_value(50.0))
    click(app, "Commit to this forecast")
    assert "Your forecast: **50.0 %** of the test images" in said(app) and "run that you train next" in said(app)
    finish(click(app, "Train"))
    finished = session.history(info(app).id).finished
    assert finished
    off = 100 * (finished.test_accuracy - 0.5)
    assert f"it gets **{100 * finished.test_accuracy:.1f} %** right: {off:.1f} points too low." in said(app)
    # It belongs to that run alone.
    finish(click(app, "Train"))
    assert "Your forecast" not in said(app)


def test_the_time_machine_shows_an_earlier_network_and_a_branch_goes_on_from_it(trained: AppTest) -> None:
    app, parent = trained, info(trained)
    shown(app.switch_page("pages/1_Inspect.py"))
    slider = labelled(app.select_slider, "Time machine")
    moments = session.service().checkpoints(parent.id)
    assert len(slider.options) == len(moments) + 1 and slider.value is None
    shown(slider.set_value(moments[0].number))
    wait(lambda: "after 0.00 epochs (0 batches)" in captions(shown(app)))
    accuracy = labelled(app.metric, "Accuracy").value
    assert float(accuracy.split()[0]) < 40  # it had learned nothing then
    click(app, "Branch from here")
    assert f"goes on from **{parent.label.partition(' · ')[0]}** at epoch **0**" in said(app)
    finish(click(app, "Train"))
    branch = info(app)
    assert (branch.origin.parent, branch.origin.parent_step) == (parent.id, 0)
    shown(app.switch_page("app.py"))
    assert f"Branched from **{parent.label.partition(' · ')[0]}** (grey) after batch 0. Nothing was changed." in captions(app)
    ends = [session.history(run_id).finished for run_id in (parent.id, branch.id)]
    assert ends[0] == ends[1]
