"""The walk-throughs. Oracles: numbers worked out on paper on 2x2 and 3x3, torch.nn.functional, and the network itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from trained_runs import Trained

from playground.catalog import ACTIVATIONS
from playground.catalog.layers import Conv2d
from playground.errors import PlaygroundError
from playground.insight.activation_step import activation_at, works_elementwise
from playground.insight.arithmetic import Kind, Step, place_words, walk
from playground.insight.convolution import convolution_at, output_size, what_if
from playground.insight.dense import dense_at
from playground.insight.networks import TrainedNetwork, trained_network
from playground.insight.pooling import pooling_at
from playground.training.runtime import Runtime


def step_of(module: nn.Module, inputs: np.ndarray, kind: Kind = "other") -> Step:
    with torch.no_grad():
        outputs = module(torch.from_numpy(inputs).float()[None])[0].double().numpy()
    return Step(0, "1. Layer", kind, module, inputs, outputs)


def convolution_of(kernel: list[list[list[float]]], bias: float = 0.0, **settings: int) -> nn.Conv2d:
    weight = torch.tensor(kernel)[None]
    module = nn.Conv2d(weight.shape[1], 1, weight.shape[2], **settings)  # type: ignore[arg-type]
    with torch.no_grad():
        module.weight.copy_(weight)
        module.bias.fill_(bias)  # type: ignore[union-attr]
    return module


NINE = np.arange(1.0, 10.0).reshape(1, 3, 3)


@pytest.fixture(scope="module")
def network(convolution: Trained) -> TrainedNetwork:
    return trained_network(convolution.run, convolution.weights, Runtime())


def inputs_of(network: TrainedNetwork, index: int = 17) -> torch.Tensor:
    return network.batches.inputs(network.dataset.x_test[index : index + 1])


def test_a_2x2_kernel_on_a_3x3_image_gives_the_sum_on_paper() -> None:
    step = step_of(convolution_of([[[1.0, 2.0], [3.0, -4.0]]], bias=0.5), NINE)
    place = convolution_at(step, 0, 1, 1)
    np.testing.assert_array_equal(place.window[0], [[5, 6], [8, 9]])
    np.testing.assert_array_equal(place.products[0], [[5, 12], [24, -36]])
    assert place.result.by_hand == 5 + 12 + 24 - 36 + 0.5
    assert place.result.agrees and place.inside.all() and (place.top, place.left) == (1, 1)


def test_the_padding_puts_zeros_under_the_kernel() -> None:
    step = step_of(convolution_of([[[1.0] * 3] * 3], padding=1), NINE)
    place = convolution_at(step, 0, 0, 2)
    np.testing.assert_array_equal(place.window[0], [[0, 0, 0], [2, 3, 0], [5, 6, 0]])
    np.testing.assert_array_equal(place.inside, [[False] * 3, [True, True, False], [True, True, False]])
    assert place.result.by_hand == 16 and place.result.agrees and (place.top, place.left) == (-1, 1)


def test_a_stride_moves_the_window_by_more_than_one() -> None:
    step = step_of(convolution_of([[[1.0, 1.0], [1.0, 1.0]]], stride=2), np.arange(1.0, 17.0).reshape(1, 4, 4))
    place = convolution_at(step, 0, 1, 0)
    assert (place.top, place.left, place.result.by_hand) == (2, 0, 9 + 10 + 13 + 14) and place.result.agrees


def test_the_channels_sums_add_up_to_the_whole() -> None:
    image = np.stack([NINE[0], -2 * NINE[0]])
    place = convolution_at(step_of(convolution_of([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]]), image), 0, 0, 0)
    np.testing.assert_array_equal(place.channel_sums, [1, -4])
    assert place.result.by_hand == -3 and place.result.agrees


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("padding", [0, 1, 2, 3])
def test_what_if_has_the_size_of_the_formula_and_the_numbers_of_torch(stride: int, padding: int) -> None:
    module = nn.Conv2d(2, 3, 3)
    image = np.random.default_rng(1).normal(size=(2, 7, 9))
    found = what_if(step_of(module, image), 1, stride, padding)
    expected = functional.conv2d(
        torch.from_numpy(image)[None].float(), module.weight, module.bias, stride=stride, padding=padding
    )[0, 1]
    assert found is not None
    assert found.shape == expected.shape == (output_size(7, 3, stride, padding), output_size(9, 3, stride, padding))
    np.testing.assert_allclose(found, expected.detach().numpy(), atol=1e-5)


def test_a_kernel_that_does_not_fit_has_no_map() -> None:
    assert what_if(step_of(convolution_of([[[1.0] * 3] * 3]), NINE), 0, 1, 0) is not None
    assert output_size(2, 3, 1, 0) == 0
    small = Step(0, "", "convolution", nn.Conv2d(1, 1, 3), np.ones((1, 2, 2)), np.zeros((1, 1, 1)))
    assert what_if(small, 0, 1, 0) is None


@pytest.mark.parametrize("size", [1, 2, 4, 5])
def test_every_kernel_size_of_the_catalogue_agrees_with_the_network(size: int) -> None:
    image = np.random.default_rng(2).normal(size=(1, 8, 8))
    for padding in ("same", "valid"):
        (module, *_) = Conv2d(filters=2, kernel_size=size, padding=padding, stride=2, bias=False).modules((1, 8, 8))  # type: ignore[arg-type]
        step = step_of(module, image)
        _, rows, columns = step.outputs.shape
        assert all(convolution_at(step, 1, row, column).result.agrees for row in range(rows) for column in range(columns))


def test_a_neurons_sum_is_that_on_paper() -> None:
    module = nn.Linear(3, 1)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[0.5, -2.0, 1.0]]))
        module.bias.fill_(0.25)
    place = dense_at(step_of(module, np.array([2.0, 3.0, 0.0])), 0)
    assert place.result.by_hand == 1 - 6 + 0 + 0.25 and place.result.agrees
    assert list(place.largest(2)) == [1, 0]


def test_max_pooling_finds_the_winner_and_counts_equal_ones() -> None:
    image = np.array([[[1.0, 5.0, 2.0], [5.0, 0.0, 3.0], [9.0, 1.0, 1.0]]])
    place = pooling_at(step_of(nn.MaxPool2d(2, 1), image), 0, 0, 0)
    assert place.result.by_hand == 5 and place.winners.sum() == 2 and place.result.agrees
    place = pooling_at(step_of(nn.MaxPool2d(2, 1), image), 0, 1, 0)
    np.testing.assert_array_equal(place.winners, [[False, False], [True, False]])


def test_average_pooling_takes_the_mean_of_the_window() -> None:
    place = pooling_at(step_of(nn.AvgPool2d(2, 2), np.arange(16.0).reshape(1, 4, 4)), 0, 1, 1)
    np.testing.assert_array_equal(place.window, [[10, 11], [14, 15]])
    assert place.rule == "average" and place.result.by_hand == 12.5 and place.result.agrees


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_every_activation_by_hand_is_that_of_torch(kind: str) -> None:
    entry = ACTIVATIONS[kind]()
    if not works_elementwise(entry):
        assert kind in ("softmax", "log_softmax")
        return
    values = np.array([-30.0, -1.25, -1e-3, 0.0, 0.5, 4.0, 40.0])
    step = step_of(entry.module(), values)
    for index, value in enumerate(values):
        place = activation_at(entry, step, index)
        assert place.before == value and place.result.agrees, place
        point = torch.tensor([value], dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(entry.module()(point), point)
        assert place.slope == pytest.approx(float(slope))
    np.testing.assert_allclose(place.curve_y, entry.module()(torch.from_numpy(place.curve_x)).numpy())


def test_a_walk_holds_every_module_and_ends_with_the_networks_outputs(network: TrainedNetwork) -> None:
    steps = walk(network, inputs_of(network))
    assert [step.kind for step in steps] == ["convolution", "activation", "other", "pooling", "other", "dense"]
    assert [step.title for step in steps][:2] == ["1. Conv 4 @ 5×5", "1. Conv 4 @ 5×5: ReLU"]
    with torch.inference_mode():
        expected = network.network(inputs_of(network))[0].double().numpy()
    np.testing.assert_array_equal(steps[-1].outputs, expected)
    for before, after in zip(steps, steps[1:], strict=False):
        np.testing.assert_array_equal(before.outputs, after.inputs)


def test_by_hand_and_network_agree_all_over_a_trained_network(network: TrainedNetwork) -> None:
    steps = walk(network, inputs_of(network))
    for row, column in ((0, 0), (13, 14), (27, 27)):
        assert all(convolution_at(steps[0], unit, row, column).result.agrees for unit in range(4))
    assert all(pooling_at(steps[3], channel, 6, 7).result.agrees for channel in range(4))
    assert all(dense_at(steps[5], unit).result.agrees for unit in range(10))


def test_a_wrong_number_is_not_said_to_agree(network: TrainedNetwork) -> None:
    step = walk(network, inputs_of(network))[5]
    spoilt = Step(step.layer, step.title, step.kind, step.module, step.inputs, step.outputs + 1e-3)
    assert not dense_at(spoilt, 0).result.agrees


@pytest.mark.parametrize("pixel", [0, 128, 255])
def test_a_constant_image_is_walked_through_like_any_other(network: TrainedNetwork, pixel: int) -> None:
    inputs = network.batches.inputs(torch.full((1, 1, 28, 28), pixel, dtype=torch.uint8))
    steps = walk(network, inputs)
    assert convolution_at(steps[0], 0, 5, 5).result.agrees and dense_at(steps[5], 0).result.agrees


def test_weights_that_are_no_numbers_are_told_in_words(convolution: Trained) -> None:
    broken = {name: tensor * math.nan if tensor.is_floating_point() else tensor for name, tensor in convolution.weights.items()}
    spoilt = trained_network(convolution.run, broken, Runtime())
    with pytest.raises(PlaygroundError, match="not a number"):
        walk(spoilt, inputs_of(spoilt))


def test_places_are_counted_from_one() -> None:
    assert place_words((10,), 3) == "unit 4"
    assert place_words((2, 3, 4), 12 + 4 + 2) == "channel 2, row 2, column 3"
