"""The section Under the hood on the front page, over a real run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from build_page_app import click, open_app, said, section, server, slowly, trained, wait_until_running
from page_app import shown, wait
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten, GlobalAvgPool, LayerEntry
from playground.figures.under_the_hood import number
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.ui import session

__all__ = ["open_app", "server"]  # fixtures

SCORES = Dense(units=10, activation=Identity())


def small(*layers: LayerEntry, epochs: int = 1) -> RunSpec:
    dataset = DatasetSpec(name="mnist-5k", training_size=400)
    return RunSpec(network=NetworkSpec(layers=(*layers, SCORES)), dataset=dataset, training=TrainingSpec(epochs=epochs))


def table(app: AppTest) -> str:
    return next(html.value for html in app.get("html") if "class='hood'" in html.value)


def figures(app: AppTest) -> set[str]:
    names = ("gradient", "update", "activation", "idle", "rate", "weights.1", "weights.2", "weights.4")
    return {name for name in names if f"_figure_view/hood.{name}" in app.session_state}


def open_hood(app: AppTest) -> AppTest:
    return section(app, "hood")


def test_before_any_run_it_says_what_to_do(open_app: Callable[..., AppTest]) -> None:
    app = open_hood(open_app(small(Flatten())))
    assert "Press **Train**" in said(app)


def test_after_a_run_its_measures_weights_and_filters_are_shown(open_app: Callable[..., AppTest]) -> None:
    app = open_app(small(Flatten(), Dense(units=16)))
    trained(app)
    assert not figures(app) and "hood_weights" not in app.session_state, "closed, it costs nothing"
    open_hood(app)
    latest = _history(app).measured[-1]
    words = table(app)
    assert "2. Dense 16" in words and "3. Dense 10" in words
    assert all(f"<td>{number(layer.gradient_norm)}</td>" in words for layer in latest.layers)
    assert figures(app) >= {"gradient", "update", "activation", "idle", "weights.1", "weights.2"}
    assert "Learning rate in force: 0.001" in said(app)
    assert "12,544 weights" in said(app) and "16 neurons" in said(app)
    pictures = next(html.value for html in app.get("html") if 'class="filters"' in html.value)
    assert pictures.count("<img") == 16


def test_while_a_run_goes_batch_by_batch_the_batch_of_now_is_shown(open_app: Callable[..., AppTest]) -> None:
    app = slowly(open_app(small(Flatten(), epochs=50)))
    click(app, "Train")
    run_id = wait_until_running(app)
    session.service().pause(run_id)
    wait(lambda: session.service().info(run_id).status == "paused")
    before = _step(run_id)
    session.service().step_batch(run_id)
    wait(lambda: _step(run_id) == before + 1 and session.service().info(run_id).status == "paused")
    open_hood(shown(app))
    assert re.search(rf"Batch {before + 1:,}, at epoch", " ".join(caption.value for caption in app.caption))


def test_many_layers_are_chosen_from_a_list_and_neurons_without_an_image_have_no_pictures(
    open_app: Callable[..., AppTest],
) -> None:
    app = open_app(small(GlobalAvgPool(), *[Dense(units=4)] * 8))
    trained(app)
    open_hood(app)
    choice = app.selectbox(key="hood.layer")
    assert len(choice.options) == 9
    shown(choice.set_value(choice.options[3] if isinstance(choice.value, str) else 4))
    assert "weights.4" in figures(app)
    assert "looks for" not in said(app)


def _history(app: AppTest) -> Any:
    return app.session_state["history"][1]


def _step(run_id: str) -> int:
    return session.service().weights(run_id).step
