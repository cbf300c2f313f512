"""Reading single images, and the network that ships. Oracles: plain torch, numpy, digits drawn again by an independent hand."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from redraw import redraw
from safetensors import safe_open
from torch.nn import functional
from trained_runs import Trained

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import BatchNorm, Dense, Flatten
from playground.catalog.losses import MeanSquaredError
from playground.data import registry
from playground.drawing import prepare
from playground.errors import PlaygroundError
from playground.insight import shipped
from playground.insight.reading import pixel_scale, read
from playground.insight.shipped import SHIPPED_FILE, shipped_network
from playground.network import build
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec

MNIST = pytest.mark.skipif(not os.environ.get("PLAYGROUND_DATA_DIR"), reason="full MNIST is not here")


@pytest.fixture
def digit() -> np.ndarray:
    return data.load("mnist-5k").x_test[17, 0].numpy()


def test_a_reading_is_the_softmax_of_the_layers_written_by_hand(dense: Trained, digit: np.ndarray) -> None:
    weights = dense.weights
    names = list(weights)
    mean, spread = pixel_scale(dense.run)
    inputs = torch.from_numpy((digit.astype(np.float64) / 255 - mean) / spread).float().flatten()
    hidden = functional.linear(inputs, weights[names[0]], weights[names[1]]).relu()
    hidden = functional.linear(hidden, weights[names[2]], weights[names[3]]).sigmoid()
    logits = functional.linear(hidden, weights[names[4]], weights[names[5]]).double().numpy()
    expected = np.exp(logits) / np.exp(logits).sum()
    reading = read(dense.run, weights, digit, (mean, spread))
    np.testing.assert_allclose(reading.probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(reading.inputs.flatten(), inputs.numpy(), atol=1e-5)
    assert reading.best == expected.argmax()
    assert reading.certainty == pytest.approx(expected.max(), abs=1e-5)


def test_reading_one_by_one_gives_the_accuracy_that_the_trainer_told(convolution: Trained) -> None:
    dataset, scale = data.load("mnist-5k"), pixel_scale(convolution.run)
    right = [
        read(convolution.run, convolution.weights, image[0].numpy(), scale).best == int(label)
        for image, label in zip(dataset.x_test, dataset.y_test, strict=True)
    ]
    assert sum(right) / len(right) == pytest.approx(convolution.test_accuracy, abs=0.002)


def test_the_pixel_scale_is_that_of_the_images_learned_from(without_validation: Trained) -> None:
    run = without_validation.run
    everything = run.model_copy(update={"dataset": DatasetSpec(name="mnist-5k", validation_share=0.0)})
    pixels = data.load("mnist-5k").x_train.numpy().astype(np.float64) / 255
    assert pixel_scale(everything) == pytest.approx((pixels.mean(), pixels.std()))
    assert pixel_scale(run) != pytest.approx((pixels.mean(), pixels.std()), abs=1e-6)
    bare = run.model_copy(update={"dataset": run.dataset.model_copy(update={"normalise": False})})
    assert pixel_scale(bare) == (0.0, 1.0)


def test_networks_of_one_shape_do_not_share_weights(dense: Trained, digit: np.ndarray) -> None:
    other = {name: -tensor for name, tensor in dense.weights.items()}
    first = read(dense.run, dense.weights, digit, (0.0, 1.0)).probabilities
    second = read(dense.run, other, digit, (0.0, 1.0)).probabilities
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(read(dense.run, dense.weights, digit, (0.0, 1.0)).probabilities, first)


def test_many_visitors_reading_at_once_get_their_own_answers(dense: Trained, convolution: Trained, digit: np.ndarray) -> None:
    jobs = [
        (trained, {name: tensor * factor if tensor.is_floating_point() else tensor for name, tensor in trained.weights.items()})
        for factor in (0.5, 1.0, 1.5, 2.0)
        for trained in (dense, convolution)
    ]
    alone = [read(trained.run, weights, digit, (0.13, 0.31)).probabilities for trained, weights in jobs]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            together = pool.map(lambda job: read(job[0].run, job[1], digit, (0.13, 0.31)).probabilities, jobs)
            np.testing.assert_allclose(list(together), alone, atol=1e-6)


def test_reading_changes_neither_weights_nor_the_number_of_threads(convolution: Trained, digit: np.ndarray) -> None:
    before = {name: tensor.clone() for name, tensor in convolution.weights.items()}
    torch.set_num_threads(2)
    try:
        read(convolution.run, convolution.weights, digit, (0.0, 1.0))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert all(torch.equal(before[name], tensor) for name, tensor in convolution.weights.items())


def test_any_loss_gives_probabilities(digit: np.ndarray) -> None:
    run = RunSpec(
        network=NetworkSpec(layers=(Flatten(), BatchNorm(), Dense(units=10, activation=Identity()))),
        training=TrainingSpec(loss=MeanSquaredError()),
    )
    weights = build(run.network, (1, 28, 28), seed=1).state_dict()
    probabilities = read(run, weights, digit, (0.0, 1.0)).probabilities
    assert probabilities.sum() == pytest.approx(1)
    assert (probabilities >= 0).all()


def test_weights_of_another_network_are_refused_in_words(dense: Trained, convolution: Trained, digit: np.ndarray) -> None:
    wider = {name: torch.zeros(3, 3) for name in dense.weights}
    for weights in (convolution.weights, wider, {}):
        with pytest.raises(PlaygroundError, match="do not fit"):
            read(dense.run, weights, digit, (0.0, 1.0))


def test_weights_that_are_no_numbers_are_told_in_words(dense: Trained, digit: np.ndarray) -> None:
    broken = {name: tensor * float("nan") for name, tensor in dense.weights.items()}
    with pytest.raises(PlaygroundError, match="not a number"):
        read(dense.run, broken, digit, (0.0, 1.0))


def test_a_network_for_other_inputs_is_told_in_words(dense: Trained, digit: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    points = replace(data.source("mnist-5k"), name="points", title="Two spirals", input_shape=(2,))
    monkeypatch.setattr(registry, "SOURCES", (*data.SOURCES, points))
    run = dense.run.model_copy(update={"dataset": DatasetSpec(name="points")})
    with pytest.raises(PlaygroundError, match="Two spirals"):
        read(run, dense.weights, digit, (0.0, 1.0))


def test_the_shipped_network_is_small_and_carries_how_it_was_made() -> None:
    assert SHIPPED_FILE.stat().st_size < 500_000
    with safe_open(SHIPPED_FILE, "pt") as file:
        notes = file.metadata()
    assert RunSpec.from_json(notes["spec"]) == RunSpec.from_json(SHIPPED_FILE.with_suffix(".json").read_text())
    documented = " ".join((shipped.__doc__ or "").replace("\\", " ").split())
    options = notes["command"].removeprefix("python -m playground train ")
    assert "python -m playground train" in documented
    assert all(part in documented for part in options.split())


def test_the_shipped_network_reads_the_sample() -> None:
    network, dataset = shipped_network(), data.load("mnist-5k")
    scale = (network.mean, network.spread)
    right = [
        read(network.run, network.weights, image[0].numpy(), scale).best == int(label)
        for image, label in zip(dataset.x_test, dataset.y_test, strict=True)
    ]
    assert sum(right) / len(right) >= 0.985


@MNIST
def test_the_shipped_network_reads_as_many_test_digits_as_it_says() -> None:
    network, dataset = shipped_network(), data.load("mnist")
    module = build(network.run.network, (1, 28, 28), seed=0).eval()
    module.load_state_dict(network.weights)
    inputs = (dataset.x_test.float() / 255 - network.mean) / network.spread
    with torch.inference_mode():
        outputs = torch.cat([module(part) for part in inputs.split(1000)])
    accuracy = (outputs.argmax(1) == dataset.y_test).double().mean().item()
    assert accuracy == pytest.approx(network.test_accuracy, abs=2e-4)  # one or two digits hang on the last bits
    assert accuracy >= 0.99
    assert network.test_images == 10_000
    assert (network.mean, network.spread) == pytest.approx(pixel_scale(network.run))


def test_the_shipped_network_reads_digits_drawn_anywhere_in_any_size() -> None:
    network, dataset, random = shipped_network(), data.load("mnist-5k"), np.random.default_rng(5)
    right = 0
    for image, label in zip(dataset.x_test[:200, 0].numpy(), dataset.y_test[:200].tolist(), strict=True):
        seen = prepare(redraw(image, random).pixels).image
        right += read(network.run, network.weights, seen, (network.mean, network.spread)).best == label
    assert right >= 0.97 * 200
