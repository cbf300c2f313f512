"""The advisor on the front page: what it says of a run, and its mends, up to the mended run's curve over the old one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from build_page_app import click, keyed, open_app, said, server, shown_run, trained, workbench
from page_app import shown, wait
from streamlit.testing.v1 import AppTest

from playground.catalog.optimizers import SGD, Adam
from playground.catalog.presets import preset
from playground.catalog.schedules import Cosine
from playground.lessons import Lesson
from playground.spec import RunSpec
from playground.ui import session

__all__ = ["open_app", "server"]  # fixtures

Open = Callable[..., AppTest]


def first_network(**training: object) -> RunSpec:
    """On 1,000 images, which take a moment."""
    run = preset("first-network").run
    dataset = run.dataset.model_copy(update={"name": "mnist-5k", "training_size": 1000})
    return run.model_copy(update={"dataset": dataset, "training": run.training.model_copy(update={"epochs": 2, **training})})


FAR_TOO_FAST = first_network(optimizer=SGD(learning_rate=5.0))


def mends(app: AppTest) -> list[str]:
    return [button.label for button in app.button if str(button.key).startswith("advice-mend.")]


def test_the_mended_run_is_trained_with_the_old_curve_behind_it(open_app: Open) -> None:
    app = trained(open_app(FAR_TOO_FAST))
    first = shown_run(app)
    assert "shot up to" in said(app) and "The learning rate is 5." in said(app)
    assert "learning rate 5 → 0.5" in said(app), "what the mend changes is told beside the reason"
    shown(keyed(app.button, "advice-mend.exploding").click())
    mended = workbench(app)
    assert mended.training.optimizer.learning_rate == 0.5
    assert mended == FAR_TOO_FAST.model_copy(update={"training": mended.training})
    assert "Only the learning rate differs: 5 → 0.5" in said(app)
    assert keyed(app.button, "advice-mend.exploding").disabled, "it lies on the workbench already"
    trained(app)
    assert shown_run(app) != first
    assert session.service().info(str(shown_run(app))).origin.baseline == first
    assert "exploding" not in "".join(str(button.key) for button in app.button)


def test_a_run_that_goes_well_gets_no_advice_to_change_it(open_app: Open) -> None:
    app = trained(open_app(first_network(epochs=3, optimizer=Adam(), schedule=Cosine())))
    assert not mends(app) and not app.warning


def test_what_the_advisor_has_seen_is_not_said_a_second_time_below_the_network(open_app: Open) -> None:
    run = preset("too-deep-with-sigmoids").run
    app = open_app(run.model_copy(update={"dataset": run.dataset.model_copy(update={"name": "mnist-5k"})}))
    squeezed = "layers squeeze their values"
    assert squeezed in said(app), "before it was trained"
    trained(app)
    assert "advice-mend.fading-gradient" in {button.key for button in app.button}
    assert squeezed not in said(app)


def test_before_the_first_run_the_advisor_is_silent(open_app: Open) -> None:
    app = open_app(first_network())
    assert not mends(app)


@pytest.mark.parametrize(("locked", "offered"), [(("learning_rate",), False), (("epochs",), True)])
def test_a_mend_that_a_lesson_forbids_is_not_offered(locked: tuple[str, ...], offered: bool, open_app: Open) -> None:
    made = Lesson.model_validate({"run": FAR_TOO_FAST, "locked": locked})
    app = trained(open_app(lesson=made.to_link()))
    assert "shot up to" in said(app)
    assert bool(mends(app)) == offered


def test_a_mend_can_be_taken_up_by_the_network_that_is_training(open_app: Open) -> None:
    app = open_app(first_network(optimizer=SGD(learning_rate=1e-5), epochs=1000))
    click(app, "Train")
    run_id = str(shown_run(app))
    wait(lambda: any(button.key == "advice-now.rate-too-low" for button in shown(app).button))
    shown(keyed(app.button, "advice-now.rate-too-low").click())
    assert session.service().info(run_id).run.training.optimizer.learning_rate == pytest.approx(1e-4)
    assert workbench(shown(app)).training.optimizer.learning_rate == pytest.approx(1e-4)
