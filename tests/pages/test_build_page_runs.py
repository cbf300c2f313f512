"""Runs on the front page: links and addresses, starting, changing while it runs, refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from build_page_app import (
    choose_preset,
    click,
    labelled,
    open_app,
    said,
    section,
    server,
    shown_run,
    slowly,
    trained,
    wait_until_running,
    workbench,
)
from page_app import shown, wait
from streamlit.testing.v1 import AppTest

from playground.catalog.presets import preset
from playground.links import MAX_LINK_CHARACTERS
from playground.spec import DatasetSpec, RunSpec, TrainingSpec
from playground.ui import session

__all__ = ["open_app", "server"]  # fixtures


def test_a_link_opens_the_run_that_it_describes(open_app: Callable[..., AppTest]) -> None:
    assert workbench(open_app(spec=preset("lenet-5").run.to_link())) == preset("lenet-5").run


@pytest.mark.parametrize(
    "link",
    [
        "nonsense",
        "%F0%9F%98%80",
        preset("lenet-5").run.to_link()[:60],
        "A" * (MAX_LINK_CHARACTERS + 1),
        RunSpec(dataset=DatasetSpec(name="no-such-set")).to_link(),
    ],
    ids=["nonsense", "an emoji", "cut off", "oversized", "unknown data set"],
)
def test_a_bad_link_is_explained_and_gives_the_first_network(link: str, open_app: Callable[..., AppTest]) -> None:
    app = open_app(spec=link)
    assert workbench(app) == preset("first-network").run
    assert len([box for box in app.warning if "link" in box.value or "no data set" in box.value]) == 1
    assert not labelled(app.button, "Train").disabled
    choose_preset(app, "lenet-5")
    assert "link" not in said(app)


def test_an_unknown_run_in_the_address_is_explained_and_training_still_works(open_app: Callable[..., AppTest]) -> None:
    app = open_app(run="not-a-run")
    assert "not on this server any more" in said(app)
    slowly(app)
    click(app, "Train")
    assert "not on this server any more" not in said(app)


def test_without_full_mnist_the_page_says_that_and_why_and_trains_on_the_sample(open_app: Callable[..., AppTest]) -> None:
    app = slowly(open_app())
    wait(lambda: "MNIST could not be fetched" in said(shown(app)))
    assert "5,000-image sample" in said(app)
    assert labelled(app.button, "Try again")
    click(app, "Train")
    assert session.service().info(str(shown_run(app))).run.dataset.name == "mnist-5k"


def test_the_address_finds_the_run_in_a_new_session(open_app: Callable[..., AppTest]) -> None:
    app = slowly(choose_preset(open_app(), "overfit-on-500"))
    click(app, "Train")
    run_id = wait_until_running(app)
    assert app.query_params["run"] == [run_id] or app.query_params["run"] == run_id
    again = open_app(run=run_id)
    assert workbench(again) == session.service().info(run_id).run
    # Whoever got the address may look; only its owner, whom a cookie tells, may stop it.
    assert not [button for button in again.button if button.label == "Pause"]
    again.session_state["visitor"] = app.session_state["visitor"]
    assert labelled(shown(again).button, "Pause")


def test_a_setting_that_a_running_network_can_take_up_is_offered_to_it(open_app: Callable[..., AppTest]) -> None:
    app = slowly(open_app())
    click(app, "Train")
    run_id = wait_until_running(app)
    section(app, "training")
    assert "You changed" not in said(app)
    shown(labelled(app.number_input, "Learning rate").set_value(0.01))
    assert "running network can take up" in said(app)
    assert labelled(app.button, "Train as a new run")
    click(app, "Use them now")
    assert session.service().info(run_id).run.training.optimizer.learning_rate == 0.01
    assert "running network can take up" not in said(app)


def test_another_network_becomes_a_run_of_its_own_or_is_undone(open_app: Callable[..., AppTest]) -> None:
    app = slowly(open_app())
    click(app, "Train")
    first = wait_until_running(app)
    choose_preset(app, "two-layers-sgd")
    assert "differs from the network that is training" in said(app)
    assert not [each for each in app.button if each.label == "Use them now"]
    click(app, "Undo")
    assert "differs" not in said(app)
    choose_preset(app, "two-layers-sgd")
    click(app, "Train as a new run")
    assert shown_run(app) != first
    assert session.service().info(first).is_active
    session.service().stop(first)


def test_more_runs_than_a_visitor_may_have_are_refused_with_both_numbers(
    open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_RUNS_PER_VISITOR", "1")
    app = slowly(open_app())
    click(app, "Train")
    first = shown_run(app)
    choose_preset(app, "lenet-5")
    click(app, "Train as a new run")
    assert "You have 1 unfinished runs" in said(app) and "may have 1 at a time" in said(app)
    assert shown_run(app) == first


@pytest.mark.parametrize(
    ("loss", "expected"), [("cross_entropy", "It learned nothing"), ("mean_squared_error", "The loss became")]
)
def test_a_run_with_far_too_large_steps_says_so_and_what_to_try(
    loss: str, expected: str, open_app: Callable[..., AppTest]
) -> None:
    training = {"loss": {"kind": loss}, "optimizer": {"kind": "sgd", "learning_rate": 10.0}, "epochs": 1}
    run = preset("first-network").run.model_copy(update={"training": TrainingSpec.model_validate(training)})
    app = trained(open_app(run))
    assert expected in said(app) and "Lower the learning rate" in said(app)
    assert not labelled(app.button, "Train").disabled
