"""The Hands on page over a real job service with a real worker."""

from __future__ import annotations

import pytest
import torch
from page_app import ended, metric_values, settled, shown, train, visit
from streamlit.testing.v1 import AppTest
from task_runs import RUNS as TABLE_RUNS

from playground import data
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import BatchNorm, Conv2d, Dense, Flatten, GlobalAvgPool, LayerEntry, LayerNorm
from playground.data.splits import split
from playground.insight.surgery import KillUnit, Prune, SetNumber
from playground.insight.unit_paths import Blueprint
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.history import History
from playground.ui import session

PAGE = "pages/8_Hands_on.py"
DENSE: tuple[LayerEntry, ...] = (Flatten(), Dense(units=16), Dense(units=10, activation=Identity()))
MIXED: tuple[LayerEntry, ...] = (
    Conv2d(filters=3, kernel_size=3, stride=2, activation=Identity()),
    BatchNorm(),
    GlobalAvgPool(),
    Dense(units=1, activation=Tanh()),
    LayerNorm(),
    Dense(units=10, activation=Identity()),
)


def _finished(service: JobService, layers: tuple[LayerEntry, ...] = DENSE, validation_share: float = 0.1) -> str:
    dataset = DatasetSpec(name="mnist-5k", training_size=400, validation_share=validation_share)
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=TrainingSpec(epochs=1))
    return train(service, run)


@pytest.fixture(scope="module")
def run_id(service: JobService) -> str:
    return _finished(service)


def _press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click()
    return settled(page)


def _choose(page: AppTest, group: str) -> AppTest:
    page.session_state["hands_on_tools.Neuron.Neuron"] = group
    return shown(page)


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.warning, *page.success))


def _edits(page: AppTest) -> tuple[object, ...]:
    (operation,) = page.session_state["hands_on"].values()
    return tuple(operation.edits)


def test_without_a_run_the_page_says_what_to_do(service: JobService) -> None:
    assert "no network to look at" in shown(visit(PAGE)).subheader[-1].value


def test_an_edit_shows_accuracy_before_and_after_and_undo_takes_it_back(run_id: str) -> None:
    page = settled(visit(PAGE, run_id))
    before = metric_values(page)
    assert before["Accuracy before"] == before["Accuracy after"] != "–"
    _press(page, "hands_on_do_kill_unit")
    assert _edits(page) == (KillUnit(layer=1, unit=0),)
    assert "Neuron 1 of layer 2 (Dense 16) killed: " in _words(page)
    _choose(page, "Prune")
    shown(page.number_input(key="hands_on.prune.prune.percent").set_value(90))
    _press(page, "hands_on_do_prune")
    assert _edits(page)[1] == Prune(layer=1, percent=90)
    after = metric_values(page)
    assert after["Weights that are 0"].startswith("90") and after["Accuracy after"] != before["Accuracy after"]
    assert after["Accuracy before"] == before["Accuracy before"]
    _press(page, "hands_on_undo")
    _press(page, "hands_on_undo")
    assert metric_values(page) == before and _edits(page) == ()
    _press(page, "hands_on_redo")
    assert _edits(page) == (KillUnit(layer=1, unit=0),)
    _press(page, "hands_on_all")
    assert metric_values(page) == before


def test_a_number_is_set_by_hand(run_id: str, service: JobService) -> None:
    page = settled(visit(PAGE, run_id))
    weight = float(service.weights(run_id).tensors["1_dense_0.weight"][0, 0])
    field = next(control for control in page.number_input if str(control.key).startswith("hands_on_value"))
    assert field.value == pytest.approx(weight)
    shown(field.set_value(1.5))
    _press(page, "hands_on_do_set")
    assert _edits(page) == (SetNumber(layer=1, parameter="weight", index=0, value=1.5),)
    assert f"1.5, it was {weight:.4g}" in _words(page)
    _press(page, "hands_on_do_back")
    assert page.button(key="hands_on_do_back").disabled


def test_int8_makes_it_smaller(run_id: str) -> None:
    page = settled(visit(PAGE, run_id))
    _choose(page, "int8")
    _press(page, "hands_on_do_quantise")
    numbers = 784 * 16 + 16 + 160 + 10
    size = 784 * 16 + 160 + 2 * 4 + 26 * 4
    assert metric_values(page)["Size"] == f"{size / 1000:.1f} kB"
    assert f"{numbers * 4 / 1000:.1f} kB with four bytes" in _words(page)


def test_it_is_kept_as_a_new_run_and_the_old_one_stays(service: JobService, run_id: str) -> None:
    old = {name: tensor.clone() for name, tensor in service.weights(run_id).tensors.items()}
    page = settled(visit(PAGE, run_id))
    assert page.button(key="hands_on_keep").disabled
    _press(page, "hands_on_do_kill_unit")
    accuracy = metric_values(page)["Accuracy after"]
    _choose(page, "Layer")
    _press(page, "hands_on_do_freeze_layer")
    assert "❄" in str(page.selectbox(key=f"hands_on_layer.{run_id}").options)
    _press(page, "hands_on_keep")
    (_, kept, label) = page.session_state["hands_on_kept"]
    assert any(f"Kept as **{label}**" in message.value for message in page.success)
    assert ended(service, kept) == "finished"
    info, found = service.info(kept), History()
    found.fold(service.events_since(kept, 0)[0])
    assert info.origin.parent == run_id and info.run.training.frozen_layers == (1,)
    assert f"{100 * (found.epochs[-1].validation_accuracy or 0):.2f} %" == accuracy
    weights = service.weights(kept).tensors
    assert not weights["2_dense_0.weight"][:, 0].any()
    assert all(torch.equal(service.weights(run_id).tensors[name], tensor) for name, tensor in old.items())
    stored = session.store().run(kept)
    assert stored is not None and "Neuron 1 of layer 2 (Dense 16) killed" in stored.note
    _press(page, "hands_on_look")
    assert kept in page.query_params["run"]


def test_train_on_goes_to_the_workbench_with_the_frozen_layers(run_id: str) -> None:
    page = settled(visit(PAGE, run_id))
    _choose(page, "Layer")
    _press(page, "hands_on_do_freeze_layer")
    shown(page.button(key="hands_on_train").click())
    run = page.session_state["run_spec"]
    assert run.training.frozen_layers == (1,) and run.training.epochs == 6
    point = page.session_state["branch_point"]
    assert point.run_id == run_id and point.edited.words == "by hand: Layer 2 (Dense 16) frozen"
    assert "edited by hand and a fresh optimizer" in _words(page) and "rozen layers none → 2" in _words(page)


def test_batch_norm_global_pooling_and_a_single_neuron_can_be_operated_on(service: JobService) -> None:
    chosen = _finished(service, MIXED, validation_share=0.0)
    page = settled(visit(PAGE, chosen))
    key = f"hands_on_layer.{chosen}"
    for layer in Blueprint.of(service.info(chosen).run).with_parameters:
        shown(page.selectbox(key=key).set_value(layer))
    assert "test images" in _words(page)
    shown(page.selectbox(key=key).set_value(3))
    _press(page, "hands_on_do_scale_unit")
    assert "no later layer weighs them" in _words(page), "a layer norm follows"
    _press(page, "hands_on_do_kill_unit")
    assert _edits(page) == (KillUnit(layer=3, unit=0),)


def test_what_takes_longer_is_computed_by_a_worker_and_told_of_the_first_images_at_once(service: JobService) -> None:
    chosen = _finished(service, (Conv2d(filters=32, kernel_size=5), GlobalAvgPool(), Dense(units=10, activation=Identity())))
    page = settled(visit(PAGE, chosen))
    page.session_state["hands_on_split.True"] = "test"
    shown(page)
    assert page.session_state["tasks_asked"] and metric_values(page)["Accuracy after"].startswith("≈ ")
    settled(page)
    before = metric_values(page)["Accuracy before"]
    assert "1,000 test images" in _words(page) and "≈" not in before
    _press(page, "hands_on_do_kill_unit")
    found = History()
    found.fold(service.events_since(chosen, 0)[0])
    assert found.finished is not None and before == f"{100 * found.finished.test_accuracy:.2f} %"
    assert "Filter 1 of layer 1" in _words(page) and "not measured" not in _words(page)


def test_a_network_without_weights_is_a_sentence(service: JobService) -> None:
    run = RunSpec(network=NetworkSpec(layers=(Flatten(),)), dataset=DatasetSpec(name="mnist-5k"))
    assert Blueprint.of(run).with_parameters == () == Blueprint.of(run).weighted


def test_weights_that_are_no_numbers_are_told_as_such(service: JobService, run_id: str) -> None:
    tensors = service.weights(run_id).tensors
    before = tensors["1_dense_0.weight"].clone()
    try:
        tensors["1_dense_0.weight"].fill_(float("nan"))
        page = settled(visit(PAGE, run_id))
        assert metric_values(page)["Loss after"] == "nan"
        _press(page, "hands_on_do_zero")
    finally:
        tensors["1_dense_0.weight"].copy_(before)


def test_the_weights_of_a_table_are_named_and_told_in_the_columns_own_unit(service: JobService) -> None:
    run_id = train(service, TABLE_RUNS["diabetes"], "one with a table")
    page = settled(visit(PAGE, run_id, "one with a table"))
    words = " ".join(element.value for element in (*page.markdown, *page.caption))
    assert "The weight from “age (years)” to neuron 1 of layer 1" in words and "input 1" not in words
    dataset = data.load("diabetes")
    learned = dataset.x_train[split(dataset, None, 0.1, 0, None, None).train, 0].double()
    assert f"minus {learned.mean():.4g}, divided by {learned.std(correction=0):.3g}" in words
