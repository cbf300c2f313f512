"""The workbench of the front page: every preset, every form, every finding."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from build_page_app import (
    SECTIONS,
    choose_preset,
    click,
    keyed,
    labelled,
    open_app,
    said,
    section,
    server,
    workbench,
)
from page_app import shown
from streamlit.testing.v1 import AppTest

from playground.catalog import FAMILIES, LAYERS
from playground.catalog.activations import Identity, Softmax
from playground.catalog.layers import Conv2d, Dense, Dropout, Flatten
from playground.catalog.presets import PRESETS, preset
from playground.fitting import losses_for
from playground.spec import DatasetSpec, NetworkSpec, RunSpec

__all__ = ["open_app", "server"]  # fixtures


# --- presets and forms --------------------------------------------------------------------------------------------------


def test_a_first_visit_finds_a_network_that_can_be_trained(open_app: Callable[..., AppTest]) -> None:
    app = open_app()
    assert workbench(app) == preset("first-network").run
    assert not labelled(app.button, "Train").disabled
    assert labelled(app.button, "Stop").disabled
    assert not app.error


@pytest.mark.parametrize("slug", [entry.slug for entry in PRESETS])
def test_a_preset_loads_and_all_its_forms_open_without_changing_it(slug: str, open_app: Callable[..., AppTest]) -> None:
    app = choose_preset(open_app(), slug)
    assert workbench(app) == preset(slug).run
    assert not labelled(app.button, "Train").disabled
    for name in SECTIONS:
        section(app, name)
        assert workbench(app) == preset(slug).run, f"opening {name} changed the run"


@pytest.mark.parametrize("kind", list(LAYERS))
def test_every_kind_of_layer_can_be_added_and_edited(kind: str, open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "network")
    shown(app.selectbox(key="new-layer.kind").set_value(kind))
    click(app, "Add layer")
    layers = workbench(app).network.layers
    assert layers == (Flatten(), Dense(units=128), LAYERS[kind](), Dense(units=10, activation=Identity()))


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("arrow_upward", ("Conv2d", "Flatten", "Dense")),
        ("arrow_downward", ("Flatten", "Dense", "Conv2d")),
        ("content_copy", ("Flatten", "Conv2d", "Conv2d", "Dense")),
        ("delete", ("Flatten", "Dense")),
    ],
)
def test_the_buttons_of_a_layer_move_copy_and_remove_it(
    button: str, expected: tuple[str, ...], open_app: Callable[..., AppTest]
) -> None:
    run = RunSpec(network=NetworkSpec(layers=(Flatten(), Conv2d(), Dense(units=10, activation=Identity()))))
    app = section(open_app(run), "network")
    shown(keyed([each for each in app.button if str(each.key).endswith(".1")], f"{button}.").click())
    assert tuple(type(layer).__name__ for layer in workbench(app).network.layers) == expected


def test_a_layers_number_of_neurons_can_be_typed(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "network")
    shown(keyed(app.number_input, "layer.0.1.dense.units").set_value(32))
    assert workbench(app).network.layers[1] == Dense(units=32)
    assert any("2. Dense 32" in text.value for text in app.markdown)


def test_dropout_goes_behind_every_hidden_dense_layer_in_one_click(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "network")
    click(app, "Dropout after every hidden Dense")
    assert [type(layer) for layer in workbench(app).network.layers] == [Flatten, Dense, Dropout, Dense]
    assert labelled(app.button, "Dropout after every hidden Dense").disabled


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        *(("loss", kind) for kind in losses_for("classification")),
        *((family, kind) for family in ("optimizer", "schedule") for kind in FAMILIES[family]),
    ],
)
def test_every_loss_optimizer_and_schedule_can_be_chosen(family: str, kind: str, open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "training")
    shown(app.selectbox(key=f"{family}.0.kind").set_value(kind))
    assert getattr(workbench(app).training, family).kind == kind


@pytest.mark.parametrize("kind", list(FAMILIES["initialisation"]))
def test_every_initialisation_can_be_chosen(kind: str, open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "network")
    shown(app.selectbox(key="initialisation.0.kind").set_value(kind))
    assert workbench(app).network.initialisation.kind == kind  # type: ignore[union-attr]


def test_augmentation_is_switched_on_with_a_preview_and_off_again(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "training")
    for kind in FAMILIES["augmentation"]:
        shown(app.toggle(key=f"augmentation.0.{kind}").set_value(True))
    assert [entry.kind for entry in workbench(app).training.augmentation] == list(FAMILIES["augmentation"])
    assert len(app.image) == 1
    for kind in FAMILIES["augmentation"]:
        shown(app.toggle(key=f"augmentation.0.{kind}").set_value(False))
    assert workbench(app).training.augmentation == ()


def test_the_data_can_be_limited_and_the_validation_share_changed(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "data")
    shown(app.toggle(key="limited.0").set_value(True))
    shown(app.number_input(key="training-size.0").set_value(500))
    shown(labelled(app.number_input, "Validation share").set_value(0.2))
    assert workbench(app).dataset == DatasetSpec(training_size=500, validation_share=0.2)


# --- findings -----------------------------------------------------------------------------------------------------------


def test_all_faults_are_said_at_once_and_each_is_mended_by_its_button(open_app: Callable[..., AppTest]) -> None:
    broken = RunSpec(
        network=NetworkSpec(layers=(Conv2d(), Dense(units=64, activation=Identity()), Dense(units=7, activation=Softmax())))
    )
    app = open_app(broken)
    assert labelled(app.button, "Train").disabled
    assert len(app.error) == 2
    assert "needs Flatten" in app.error[0].value and "10 classes" in app.error[1].value
    assert "no activation between them" in said(app) and "Softmax" in said(app)
    for label in ("Add Flatten", "Give it 10 neurons", "Remove the softmax", "Add ReLU between them"):
        click(app, label)
    assert not app.error and not [box for box in app.warning if "Dense" in box.value]
    assert not labelled(app.button, "Train").disabled


def test_a_network_beyond_the_limits_is_refused_with_both_numbers(open_app: Callable[..., AppTest]) -> None:
    app = open_app(RunSpec(network=NetworkSpec(layers=(Flatten(), Dense(units=4096), Dense(units=4096), Dense(units=10)))))
    assert labelled(app.button, "Train").disabled
    assert "20,037,642 parameters; this server allows 5,000,000" in said(app)


def test_a_network_without_layers_can_be_mended(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(RunSpec()), "network")
    assert "no layers" in said(app)
    click(app, "Add Flatten and Dense")
    assert not labelled(app.button, "Train").disabled
