"""The Data form: every data set can be chosen, and the network on the workbench is fitted to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from build_page_app import keyed, labelled, open_app, section, server, workbench
from page_app import shown
from streamlit.testing.v1 import AppTest

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, Huber, MeanSquaredError
from playground.catalog.presets import preset
from playground.checks import check
from playground.spec import PointsSpec

__all__ = ["open_app", "server"]  # fixtures


def choose(app: AppTest, name: str) -> AppTest:
    return shown(keyed(app.selectbox, "dataset.").set_value(name))


@pytest.mark.parametrize("name", [source.name for source in data.SOURCES])
@pytest.mark.parametrize("slug", ["first-network", "fast-cnn"])
def test_any_data_set_can_be_taken_by_any_network_in_one_click(name: str, slug: str, open_app: Callable[..., AppTest]) -> None:
    app = choose(section(open_app(preset(slug).run), "data"), name)
    run = workbench(app)
    assert run.dataset.name == name
    errors = [finding.message for finding in check(run).errors]
    assert errors == (["There is no point yet. Paint some on the plane."] if name.startswith("painted") else [])


def test_a_number_to_be_told_brings_a_loss_for_numbers_and_offers_no_other(open_app: Callable[..., AppTest]) -> None:
    app = choose(section(open_app(), "data"), "diabetes")
    run = workbench(app)
    assert run.training.loss == MeanSquaredError()
    assert run.network.layers[-1] == Dense(units=1, activation=Identity())
    assert not any("A dozen images" in text.body for text in app.get("html")), "there are none"
    app = section(app, "training")
    offered = keyed(app.selectbox, "loss.")
    assert set(offered.options) == {"Mean squared error", "L1 (mean absolute error)", "Huber"}
    shown(offered.set_value("huber"))
    assert workbench(app).training.loss == Huber()
    assert not any("ugmentation" in text.value for text in app.markdown)


def test_back_to_pictures_the_network_reads_pictures_again(open_app: Callable[..., AppTest]) -> None:
    app = choose(choose(section(open_app(), "data"), "diabetes"), "mnist-5k")
    run = workbench(app)
    assert isinstance(run.network.layers[0], Flatten)
    assert run.training.loss == CrossEntropy(), "not the one for numbers, though it would do"
    assert check(run).can_train


def test_is_it_a_seven(open_app: Callable[..., AppTest]) -> None:
    app = choose(section(open_app(), "data"), "mnist-5k")
    shown(labelled(app.toggle, "Ask for one class only").set_value(True))
    run = workbench(app)
    assert run.dataset.one_class == 7
    assert data.source(run.dataset).class_names == ("not 7", "7")
    assert check(run).can_train
    shown(keyed(app.selectbox, "which-class.").set_value(3))
    assert workbench(app).dataset.one_class == 3
    app = section(app, "training")
    shown(keyed(app.selectbox, "loss.").set_value("binary_cross_entropy_logits"))
    run = workbench(app)
    assert run.training.loss == BinaryCrossEntropyLogits()
    assert run.network.layers[-1] == Dense(units=1, activation=Identity()), "the last layer follows the loss"
    app = section(app, "data")
    shown(labelled(app.toggle, "Ask for one class only").set_value(False))
    run = workbench(app)
    assert run.dataset.one_class is None
    assert run.training.loss == CrossEntropy() and check(run).can_train


def test_the_points_have_their_settings_here_too(open_app: Callable[..., AppTest]) -> None:
    app = choose(section(open_app(), "data"), "spiral")
    shown(keyed([each for each in app.number_input if "num_points" in str(each.key)], "points.").set_value(300))
    shown(keyed([each for each in app.number_input if "classes" in str(each.key)], "points.").set_value(3))
    shown(keyed(app.multiselect, "points.").set_value(["x1", "x2", "sin_x1"]))
    run = workbench(app)
    assert run.dataset.points == PointsSpec(num_points=300, classes=3, inputs=("x1", "x2", "sin_x1"))
    assert check(run).can_train, "three colours need three outputs, and another loss"
