"""The Step by step page over a real job service with a real worker."""

from __future__ import annotations

import re

import pytest
import torch
from page_app import metric_values, shown, train, visit
from streamlit.testing.v1 import AppTest

from playground import data
from playground.catalog.activations import Identity, LogSoftmax, Softmax
from playground.catalog.layers import Conv2d, Dense, Flatten, LayerEntry, MaxPool
from playground.catalog.losses import MeanSquaredError, NegativeLogLikelihood
from playground.catalog.optimizers import SGD
from playground.insight.networks import trained_network
from playground.jobs import JobService
from playground.jobs.run_info import Weights
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.runtime import Runtime
from playground.ui.steps_page import VIEWS

PAGE = "pages/7_Step_by_step.py"
MICROSCOPE = "Backprop microscope"
CONVOLUTION: tuple[LayerEntry, ...] = (
    Conv2d(filters=3),
    MaxPool(),
    Conv2d(filters=2),
    Flatten(),
    Dense(units=10, activation=Identity()),
)
IMAGE = 17


def _trained(service: JobService, layers: tuple[LayerEntry, ...], training: TrainingSpec | None = None) -> str:
    dataset = DatasetSpec(name="mnist-5k", training_size=200)
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training or TrainingSpec(epochs=1))
    return train(service, run)


@pytest.fixture(scope="module")
def finished(service: JobService) -> str:
    return _trained(service, CONVOLUTION)


def _open(run_id: str | None, view: str = "Convolution", image: int = IMAGE) -> AppTest:
    page = visit(PAGE, run_id, steps_view=view)
    page.query_params["image"] = str(image)
    return shown(page)


def _words(page: AppTest) -> str:
    said = (*page.markdown, *page.caption, *page.info, *page.warning, *page.get("html"))
    return " ".join(element.value for element in said)


def _ticks(page: AppTest) -> list[str]:
    """The lines with a check mark, or a cross."""
    return re.findall(r'class="tick" role="status">(.*?)</div>', _words(page))


def _click(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return shown(page)


def test_without_a_run_the_page_says_what_to_do(service: JobService) -> None:
    assert "no network to look at" in _open(None).subheader[-1].value


@pytest.mark.parametrize("view", [view.title for view in VIEWS])
def test_every_view_agrees_with_the_network(service: JobService, finished: str, view: str) -> None:
    page = _open(finished, view)
    assert _ticks(page) and all("✓" in line for line in _ticks(page)), _ticks(page)


def test_sliding_the_kernel_shows_another_window_and_its_own_sum(service: JobService, finished: str) -> None:
    page = _open(finished)
    weights = service.weights(finished).tensors
    network = trained_network(service.info(finished).run, weights, Runtime())
    inputs = network.batches.inputs(network.dataset.x_test[IMAGE : IMAGE + 1])
    with torch.inference_mode():
        output = network.network[0](inputs)[0, 0].flatten()
    seen = set()
    for place in (1, 300, 784):
        page.slider(key=f"steps.{finished}.slide.0.28x28").set_value(place)
        shown(page)
        assert f"itself computed {output[place - 1]:.6g}".replace("-", "−") in _words(page)
        seen.add(next(html.value for html in page.get("html") if "number-grid" in html.value and "<table" in html.value))
    assert len(seen) == 3
    assert "beyond the image's edge" in _words(page)  # the last window hangs over it


def test_another_layer_has_several_channels_whose_sums_add_up(service: JobService, finished: str) -> None:
    page = _open(finished)
    page.selectbox(key=f"steps.{finished}.layer.convolution").set_value(1)
    shown(page)
    assert "All 3 channels together" in _words(page)
    assert all("✓" in line for line in _ticks(page))


def test_stride_and_padding_change_a_try_out_only(service: JobService, finished: str) -> None:
    page = _open(finished)
    page.slider(key=f"steps.{finished}.stride.0").set_value(3)
    page.slider(key=f"steps.{finished}.padding.0").set_value(0)
    shown(page)
    assert "⌊(28 + 2 · 0 − 3) ÷ 3⌋ + 1 = **9**" in _words(page)
    assert "network itself stays as it is: stride 1, padding 1" in _words(page)


def test_the_true_class_can_be_chosen_and_the_loss_follows(service: JobService, finished: str) -> None:
    page = _open(finished, "Loss")
    first = page.markdown[-1].value
    label = int(data.load("mnist-5k").y_test[IMAGE])
    next(box for box in page.selectbox if box.label == "True class").set_value((label + 1) % 10)
    shown(page)
    assert page.markdown[-1].value != first


@pytest.mark.parametrize("view", ["Convolution", "Pooling", "Activation"])
def test_a_network_without_such_a_layer_says_so_and_what_it_has(service: JobService, linear: str, view: str) -> None:
    page = _open(linear, view)
    assert "no step of this kind" in _words(page) and "a dense layer" in _words(page)


@pytest.fixture(scope="module")
def linear(service: JobService) -> str:
    layers = (Flatten(), Dense(units=10, activation=Identity()))
    return _trained(service, layers, TrainingSpec(epochs=1, loss=MeanSquaredError(), optimizer=SGD(momentum=0.9)))


def test_other_endings_and_losses_are_read_in_their_own_way(service: JobService, linear: str) -> None:
    assert "knows no softmax" in _words(_open(linear, "Softmax"))
    logs = (Flatten(), Dense(units=10, activation=LogSoftmax()))
    run_id = _trained(service, logs, TrainingSpec(epochs=1, loss=NegativeLogLikelihood()))
    page = _open(run_id, "Softmax")
    assert "ends with its own log-softmax" in _words(page) and all("✓" in line for line in _ticks(page))
    twice = _open(_trained(service, (Flatten(), Dense(units=10, activation=Softmax()))), "Softmax")
    assert "happens twice" in _words(twice) and all("✓" in line for line in _ticks(twice))


def test_the_microscope_knows_the_runs_own_optimizer_memory(service: JobService, finished: str) -> None:
    page = _open(finished, MICROSCOPE)
    assert "Its memory (momentum, averages) is the run's own" in _words(page)
    steps = service.weights(finished).step
    assert f"{steps} + 1" in _words(page)  # Adam's count of its steps


def test_a_step_is_tried_on_a_copy_and_put_back(service: JobService, finished: str) -> None:
    page = _open(finished, MICROSCOPE)
    before, weights = metric_values(page), {name: tensor.clone() for name, tensor in service.weights(finished).tensors.items()}
    _click(_click(page, "Step it"), "Step it")
    after = metric_values(page)
    assert after["Weight w"] != before["Weight w"] and after["Loss L"] != before["Loss L"]
    assert "You have taken 2 steps since" in _words(page) and all("✓" in line for line in _ticks(page))
    kept = service.weights(finished).tensors
    assert all(torch.equal(tensor, kept[name]) for name, tensor in weights.items())
    assert metric_values(_click(page, "Put back")) == before


def test_the_microscope_takes_any_weight_and_the_next_batch(service: JobService, finished: str) -> None:
    page = _open(finished, MICROSCOPE)
    first = metric_values(page)
    page.session_state["steps.lens.images"] = "Its next batch"
    shown(page)
    assert metric_values(page) != first and "image 1" in _words(page).lower()
    for module in page.selectbox(key=f"steps.{finished}.lens.module").options:
        page.selectbox(key=f"steps.{finished}.lens.module").select(module)
        shown(page)
        _click(page, "Any")
        _click(page, "Largest gradient")
        assert all("✓" in line for line in _ticks(page)), (module, _ticks(page))


def test_a_mistaken_network_of_no_numbers_is_told_in_words(
    service: JobService, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = service.weights(finished)
    broken = {name: tensor * float("nan") for name, tensor in real.tensors.items()}
    monkeypatch.setattr(service, "weights", lambda *args, **options: Weights(real.step, real.epoch, broken))
    assert "not a number" in _words(_open(finished))


def test_steps_that_lead_beyond_all_bounds_are_told_and_can_be_put_back(service: JobService, finished: str) -> None:
    page = _open(finished, MICROSCOPE)
    before = metric_values(page)
    _click(page, "Step it")
    with torch.no_grad():
        for parameter in page.session_state["steps_trial"][1].network.network.parameters():
            parameter.fill_(float("inf"))
    shown(page)
    assert "not a number" in _words(page)
    assert metric_values(_click(page, "Put back")) == before
