"""Activation maximisation. Oracles: the closed form of a linear unit, the network's modules called by hand, scipy's Gaussian."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor
from trained_runs import Trained, drain

from playground import data
from playground.catalog.activations import Identity, Sigmoid, Tanh
from playground.catalog.layers import ActivationLayer, Conv2d, Dense, Dropout, Flatten, MaxPool
from playground.errors import PlaygroundError
from playground.insight.networks import trained_network
from playground.insight.preferred import Preferred, Units, blurred, choosable_units, pooled, preferred_image, tap
from playground.network import build, layer_modules, trace
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.runtime import Runtime

DIGIT = (1, 28, 28)
PLAIN: dict[str, float] = {"steps": 40, "blur": 0.0, "jitter": 0, "l2": 0.0}


def made(trained: Trained, layer: int, unit: int, pooling: str = "strongest", **more: float) -> Preferred:
    return drain(preferred_image(trained.run.to_json(), trained.weights, layer, unit, pooling, **(PLAIN | more)))[1]


def untrained(*layers: object) -> Trained:
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=DatasetSpec(name="mnist-5k"), training=TrainingSpec(epochs=1))
    return Trained(run, build(run.network, DIGIT, 0).state_dict(), 0, 0.0, 0.0)


def opened(trained: Trained):  # type: ignore[no-untyped-def]
    return trained_network(trained.run, trained.weights, Runtime())


def seen(trained: Trained, image: np.ndarray) -> Tensor:
    network = opened(trained)
    return (torch.from_numpy(image)[None].float() / 255 - network.batches.mean) / network.batches.spread


def test_a_linear_unit_likes_white_where_its_weight_is_positive_and_black_elsewhere(without_validation: Trained) -> None:
    weight, bias = (tensor.double() for tensor in without_validation.weights.values())
    batches = opened(without_validation).batches
    white, black = (1 - batches.mean) / batches.spread, -batches.mean / batches.spread
    best = float(torch.where(weight[3] > 0, white * weight[3], black * weight[3]).sum() + bias[3])
    result = made(without_validation, 1, 3, steps=400)
    assert 0.99 * best <= result.sum <= best + 1e-3
    strong = weight[3].abs() > weight[3].abs().median()
    assert torch.equal(torch.from_numpy(result.image).flatten()[strong] == 255, weight[3][strong] > 0)


def test_the_value_told_is_that_of_the_very_picture_shown(dense: Trained, convolution: Trained) -> None:
    weights = list(dense.weights.values())
    result = made(dense, 1, 2, blur=0.8, jitter=2, l2=0.02)
    by_hand = float(seen(dense, result.image).flatten() @ weights[0][2] + weights[1][2])
    assert result.image.shape == DIGIT and result.image.dtype == np.uint8
    assert result.sum == pytest.approx(by_hand, abs=1e-3)
    assert result.activation == pytest.approx(max(0.0, by_hand), abs=1e-3)
    with torch.no_grad():
        outputs = opened(convolution).network
        image = made(convolution, 4, 7)
        expected = outputs(seen(convolution, image.image))[0]
    assert image.sum == image.activation == pytest.approx(float(expected[7]), abs=1e-3)
    np.testing.assert_allclose(image.probabilities, expected.softmax(0), atol=1e-4)


@pytest.mark.parametrize("pooling", ["strongest", "average"])
def test_the_climb_ends_above_every_real_image(convolution: Trained, pooling: str) -> None:
    result = made(convolution, 0, 1, pooling, steps=80, blur=0.3, jitter=1, l2=0.005)
    weight, bias = list(convolution.weights.values())[:2]
    maps = torch.nn.functional.conv2d(
        seen(convolution, data.load("mnist-5k").x_test.numpy()[:, 0]).movedim(0, 1), weight, bias, padding=2
    )
    real = pooled(maps, 1, pooling).max()
    assert result.sum > float(real)
    assert len(result.path) == 80 and result.path[-1] > result.path[0]


def test_the_same_question_gives_the_same_picture(dense: Trained) -> None:
    first, again = (made(dense, 4, 6, blur=0.5, jitter=3, l2=0.01) for _ in range(2))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.path, again.path)
    assert not np.array_equal(first.image, made(dense, 4, 5, blur=0.5, jitter=3, l2=0.01).image)


def test_blur_smooths_and_l2_darkens(without_validation: Trained) -> None:
    def roughness(image: np.ndarray) -> float:
        return float(np.abs(np.diff(image[0].astype(float))).mean())

    plain = made(without_validation, 1, 3)
    assert roughness(made(without_validation, 1, 3, blur=1.5).image) < 0.8 * roughness(plain.image)
    assert made(without_validation, 1, 3, l2=0.1).image.mean() < 0.8 * plain.image.mean()
    # All that keeps a picture smooth costs some of its value.
    assert made(without_validation, 1, 3, blur=1.5).sum < plain.sum
    assert made(without_validation, 1, 3, jitter=3).sum < plain.sum


@pytest.mark.parametrize("spread", [0.3, 0.6, 1.0, 2.0])
def test_the_blur_is_a_gaussian(spread: float) -> None:
    image = np.random.default_rng(0).random((2, 3, 12, 15))
    expected = gaussian_filter(image, (0, 0, spread, spread), mode="nearest", radius=max(1, round(3 * spread)))
    np.testing.assert_allclose(blurred(torch.from_numpy(image), spread), expected, atol=1e-12)


def test_a_silent_neuron_is_climbed_by_its_sum(dense: Trained) -> None:
    weights = dict(dense.weights)
    name = list(weights)[1]
    weights[name] = weights[name] - 1e3  # every sum is far below 0, so ReLU gives 0 and has no slope
    result = made(replace(dense, weights=weights), 1, 4, steps=60)
    assert result.activation == 0 and result.sum < -900 and result.path[-1] > result.path[0] + 5


def test_where_nothing_makes_a_difference_that_is_said(dense: Trained) -> None:
    weights = dict(dense.weights)
    name = list(weights)[1]
    weights[name] = weights[name] - 1e6  # the whole layer is silent, and so is all that listens to it
    with pytest.raises(PlaygroundError, match="silent"):
        made(replace(dense, weights=weights), 3, 0)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_told_in_words(convolution: Trained, value: float) -> None:
    broken = {name: tensor * value if tensor.is_floating_point() else tensor for name, tensor in convolution.weights.items()}
    with pytest.raises(PlaygroundError, match="no end"):
        made(replace(convolution, weights=broken), 0, 0)


def test_progress_is_told_before_every_step(dense: Trained) -> None:
    task = preferred_image(dense.run.to_json(), dense.weights, 1, 0, "strongest", 20, 0.5, 1, 0.01)
    progress = drain(task)[0]
    assert len(progress) >= 20 and all(told.done <= told.total for told in progress)


def test_what_can_be_chosen_is_every_layer_that_computes_and_the_classes() -> None:
    layers = (Conv2d(filters=3), MaxPool(), Flatten(), Dropout(), Dense(units=7), Dense(units=200, activation=Identity()))
    assert choosable_units(trace(NetworkSpec(layers=layers), DIGIT)) == (
        Units(0, "Conv 3 @ 3×3", 3, True, False),
        Units(1, "MaxPool 2×2", 3, True, False),
        Units(4, "Dense 7", 7, False, False),
        Units(5, "Dense 200", 200, False, True),
    )
    assert choosable_units(()) == ()
    assert [units.layer for units in choosable_units(trace(NetworkSpec(layers=(Flatten(), Dropout())), DIGIT))] == [1]


def test_a_tap_gives_what_a_layer_gives_before_and_after_its_activation(dense: Trained, convolution: Trained) -> None:
    images = data.load("mnist-5k").x_test[:4]
    for trained in (dense, convolution):
        network = opened(trained)
        values = network.batches.inputs(images)
        for report in network.reports:
            cut = tap(network.network, report)
            kept: list[Tensor] = []
            last = layer_modules(network.network, report.index)[-1]
            handle = last.register_forward_hook(lambda module, given, out, kept=kept: kept.extend((given[0], out)))
            network.network(values)
            handle.remove()
            before = kept[1] if report.layer.activation_entry().linear else kept[0]
            assert torch.equal(cut.sums(values), before) and torch.equal(cut.function(cut.sums(values)), kept[1])


def test_an_activation_on_its_own_is_asked_before_and_after_itself() -> None:
    trained = untrained(Flatten(), Dense(units=5, activation=Identity()), ActivationLayer(function=Sigmoid()), Dense(units=10))
    result = made(trained, 2, 1)
    assert result.activation == pytest.approx(1 / (1 + np.exp(-result.sum)), abs=1e-5)


def test_deep_networks_and_heads_of_two_hundred_are_no_trouble() -> None:
    assert made(untrained(Flatten(), Dense(units=200, activation=Identity())), 1, 199, steps=5).probabilities.shape == (200,)
    deep = untrained(*[Conv2d(filters=3, activation=Tanh())] * 48, Flatten(), Dense(units=10, activation=Identity()))
    assert made(deep, 47, 2, steps=5, jitter=1).image.shape == DIGIT
