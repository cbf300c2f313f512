"""The backprop microscope. Oracles: derivatives on paper, autograd in float64, finite differences of our own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from trained_runs import Trained

from playground.catalog import ACTIVATIONS, LOSSES
from playground.catalog.activations import Identity, ReLU, Sigmoid, Tanh
from playground.catalog.layers import AvgPool, BatchNorm, Conv2d, Dense, Dropout, Flatten, GlobalAvgPool, LayerNorm, MaxPool
from playground.catalog.losses import CrossEntropy, L1Loss, MeanSquaredError
from playground.errors import PlaygroundError
from playground.insight.chain import strongest_path
from playground.insight.finite_difference import try_it
from playground.insight.microscope import WeightName, double, examine, weight_tensors
from playground.insight.networks import TrainedNetwork, trained_network
from playground.network import build
from playground.spec import NetworkSpec
from playground.training.runtime import Runtime

LOSS = CrossEntropy()


def built(*layers: object, shape: tuple[int, ...] = (1, 8, 8), seed: int = 1) -> nn.Sequential:
    network = build(NetworkSpec(layers=layers), shape, seed).double().eval()  # type: ignore[arg-type]
    for module in network:
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):  # as after some training
            module.running_mean.normal_(0, 0.3)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    return network


def images(count: int = 3, shape: tuple[int, ...] = (1, 8, 8), seed: int = 0) -> tuple[Tensor, Tensor]:
    draws = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, *shape, generator=draws, dtype=torch.float64)
    return inputs, torch.randint(0, 3, (count,), generator=draws)


def every_tensor(network: nn.Sequential) -> list[WeightName]:
    """The last number of every tensor."""
    return [WeightName(name, tensor, tuple(size - 1 for size in shape)) for name, tensor, shape in weight_tensors(network)]


HEAD = Dense(units=3, activation=Identity())
NETWORKS: dict[str, tuple[object, ...]] = {
    "plain": (Flatten(), HEAD),
    "dense": (Flatten(), Dense(units=7, activation=Tanh()), Dropout(), HEAD),
    "convolution": (Conv2d(filters=4), MaxPool(), Conv2d(filters=3, stride=2, padding="valid"), Flatten(), HEAD),
    "norms": (Conv2d(filters=3, activation=Identity()), BatchNorm(), LayerNorm(), AvgPool(), Flatten(), BatchNorm(), HEAD),
    "flat norms": (Flatten(), LayerNorm(), Dense(units=5, activation=Sigmoid()), LayerNorm(), HEAD),
    "global": (Conv2d(filters=5, kernel_size=4), GlobalAvgPool(), HEAD),
    "even kernel, stride": (Conv2d(filters=2, kernel_size=2, stride=3), Flatten(), HEAD),
}


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_the_terms_the_chain_and_trying_all_agree_with_autograd(layers: tuple[object, ...]) -> None:
    network = built(*layers)
    inputs, labels = images()
    for weight in every_tensor(network):
        parameter = network.get_submodule(weight.module).get_parameter(weight.tensor)
        (expected,) = torch.autograd.grad(LOSS.compute(network(inputs), labels), parameter)
        found = examine(network, LOSS, weight, inputs, labels)
        assert found.derivative == pytest.approx(float(expected[weight.index]), rel=1e-12)
        assert found.terms.products.sum() == pytest.approx(found.derivative, rel=1e-9, abs=1e-15)
        for link in found.links:
            assert link.total == pytest.approx(found.derivative, rel=1e-9, abs=1e-15)
        check = try_it(network, LOSS, weight, inputs, labels)
        assert not check.is_kink and check.agrees(found.derivative)
        assert check.relative_difference(found.derivative) < 1e-3 or abs(found.derivative) < 1e-9


@pytest.mark.parametrize("kind", sorted(LOSSES))
def test_trying_agrees_for_every_loss(kind: str) -> None:
    loss: Any = LOSSES[kind]()
    network = built(Conv2d(filters=3), MaxPool(), Flatten(), HEAD)
    inputs, classes = images()
    labels = classes
    if "classification" not in loss.tasks:  # yes or no of the first output, or a number for each
        labels = classes % 2 if "binary" in loss.tasks else classes[:, None].float().repeat(1, HEAD.units)
    for weight in every_tensor(network):
        derivative = examine(network, loss, weight, inputs, labels).derivative
        assert try_it(network, loss, weight, inputs, labels).relative_difference(derivative) < 1e-3


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_trying_agrees_for_every_activation(kind: str) -> None:
    activation: Any = ACTIVATIONS[kind]()
    network = built(Conv2d(filters=3, activation=activation), Flatten(), Dense(units=4, activation=activation), HEAD)
    inputs, labels = images()
    for weight in every_tensor(network):
        found = examine(network, LOSS, weight, inputs, labels)
        assert try_it(network, LOSS, weight, inputs, labels).agrees(found.derivative)
        assert all(link.total == pytest.approx(found.derivative, rel=1e-8, abs=1e-14) for link in found.links)


def test_the_derivative_of_one_weight_is_that_on_paper() -> None:
    """z = w·x + b, L = (z - t)² / K with K = 1 class: dL/dw = 2 (z - t) x."""
    network = built(Flatten(), Dense(units=1, activation=Identity()), shape=(1, 1, 1))
    with torch.no_grad():
        network[1].weight.fill_(0.5)
        network[1].bias.fill_(0.25)
    found = examine(
        network, MeanSquaredError(), WeightName("1_dense_0", "weight", (0, 0)), torch.full((1, 1, 1, 1), 3.0), torch.tensor([0])
    )
    assert (found.value, found.loss) == (0.5, pytest.approx((1.75 - 1) ** 2))
    assert found.derivative == pytest.approx(2 * 0.75 * 3)
    assert float(found.terms.arriving[0]) == pytest.approx(1.5) and float(found.terms.local[0]) == 3


def test_a_kernels_terms_are_the_pixels_under_it() -> None:
    network = built(Conv2d(filters=1, kernel_size=3, activation=Identity()), Flatten(), Dense(units=2, activation=Identity()))
    inputs, labels = images(1)
    found = examine(network, LOSS, WeightName("0_conv2d_0", "weight", (0, 0, 0, 2)), inputs, labels.clamp(max=1))
    expected = np.zeros((8, 8))  # one row down and one column to the right, with a border of zeros
    expected[1:, :-1] = inputs[0, 0].numpy()[:-1, 1:]
    np.testing.assert_array_equal(found.terms.local[0], expected)
    largest = found.terms.largest(64)
    sizes = [abs(found.terms.products[(image, *place)]) for image, place in largest]
    assert sizes == sorted(sizes, reverse=True) and all(size > 0 for size in sizes)


def test_a_paths_product_is_one_term_of_a_plain_chain() -> None:
    """Without branches there is one path, and it is the whole derivative."""
    network = built(
        Flatten(), Dense(units=1, activation=Tanh()), Dense(units=1, activation=Sigmoid()), Dense(units=1, activation=Identity()),
        shape=(1, 1, 1),
    )  # fmt: skip
    inputs, labels, loss = torch.full((1, 1, 1, 1), 0.7).double(), torch.tensor([0]), MeanSquaredError()
    weight = WeightName("1_dense_0", "weight", (0, 0))
    found = examine(network, loss, weight, inputs, labels)
    path = strongest_path(network, loss, weight, found.terms, inputs, labels)
    assert path is not None and path.product == pytest.approx(found.derivative, rel=1e-12)
    assert path.stops[0].local == pytest.approx(0.7)
    assert path.stops[1].local == pytest.approx(1 - math.tanh(path.stops[0].value) ** 2)
    assert path.stops[2].local == pytest.approx(float(network[3].weight.detach()))


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_a_path_leads_through_every_module_with_its_real_derivatives(layers: tuple[object, ...]) -> None:
    network = built(*layers)
    inputs, labels = images()
    for weight in every_tensor(network):
        terms = examine(network, LOSS, weight, inputs, labels).terms
        path = strongest_path(network, LOSS, weight, terms, inputs, labels)
        if path is None:
            assert not terms.products.any()
            continue
        names = [name for name, _ in network.named_children()]
        assert [stop.name for stop in path.stops] == names[names.index(weight.module) :]
        first = terms.largest(1)[0]
        assert path.stops[0].local == pytest.approx(terms.local[(first[0], *first[1])])
        assert path.stops[0].arriving == pytest.approx(terms.arriving[(first[0], *first[1])])


def test_a_relu_at_exactly_0_is_a_kink_and_told_as_one() -> None:
    network = built(Flatten(), Dense(units=1, activation=ReLU()), Dense(units=2, activation=Identity()), shape=(1, 1, 1))
    with torch.no_grad():
        network[1].weight.zero_()
        network[1].bias.zero_()
        network[3].weight.copy_(torch.tensor([[1.0], [-1.0]]))
    one = torch.ones(1, 1, 1, 1, dtype=torch.float64)
    check = try_it(network, LOSS, WeightName("1_dense_0", "weight", (0, 0)), one, torch.tensor([0]))
    assert check.is_kink and check.left == pytest.approx(0) and check.right != pytest.approx(0)


def test_a_kink_nearby_is_avoided_with_a_smaller_nudge() -> None:
    """L1: |w - 1| / 1 with w = 1 - 3e-6 has its corner within the first nudge."""
    network = built(Flatten(), Dense(units=1, activation=Identity(), bias=False), shape=(1, 1, 1))
    with torch.no_grad():
        network[1].weight.fill_(1 - 3e-6)
    one = torch.ones(1, 1, 1, 1, dtype=torch.float64)
    check = try_it(network, L1Loss(), WeightName("1_dense_0", "weight", (0, 0)), one, torch.tensor([0]))
    assert not check.is_kink and check.h < 3e-6 and check.value == pytest.approx(-1, rel=1e-6)


def test_a_weight_without_effect_has_no_path_and_no_terms() -> None:
    network = built(Flatten(), HEAD)
    black = torch.zeros(1, 1, 8, 8, dtype=torch.float64)
    weight = WeightName("1_dense_0", "weight", (0, 5))
    found = examine(network, LOSS, weight, black, torch.tensor([1]))
    assert found.derivative == 0 and found.terms.largest(3) == []
    assert strongest_path(network, LOSS, weight, found.terms, black, torch.tensor([1])) is None
    check = try_it(network, LOSS, weight, black, torch.tensor([1]))
    assert check.agrees(0.0) and not check.is_kink


def test_the_network_is_as_before_when_the_microscope_is_put_away(convolution: Trained) -> None:
    network = trained_network(convolution.run, convolution.weights, Runtime())
    copy = double(network)
    before = {name: tensor.clone() for name, tensor in copy.state_dict().items()}
    inputs = network.batches.inputs(network.dataset.x_test[:4])
    for weight in every_tensor(copy):
        examine(copy, LOSS, weight, inputs, network.dataset.y_test[:4])
        try_it(copy, LOSS, weight, inputs, network.dataset.y_test[:4])
    assert all(torch.equal(before[name], tensor) for name, tensor in copy.state_dict().items())
    assert all(torch.equal(convolution.weights[name], tensor) for name, tensor in network.network.state_dict().items())


@pytest.fixture(scope="module")
def trained(convolution: Trained) -> TrainedNetwork:
    return trained_network(convolution.run, convolution.weights, Runtime())


@pytest.mark.parametrize("pixel", [0, 255])
def test_constant_images_are_no_trouble(trained: TrainedNetwork, pixel: int) -> None:
    network = double(trained)
    inputs = trained.batches.inputs(torch.full((1, 1, 28, 28), pixel, dtype=torch.uint8))
    for weight in every_tensor(network):
        found = examine(network, LOSS, weight, inputs, torch.tensor([3]))
        check = try_it(network, LOSS, weight, inputs, torch.tensor([3]))
        assert check.is_kink or check.agrees(found.derivative)


def test_trained_weights_agree_with_trying_to_a_thousandth(trained: TrainedNetwork) -> None:
    network = double(trained)
    inputs, labels = trained.batches.inputs(trained.dataset.x_test[:8]), trained.dataset.y_test[:8]
    for weight in every_tensor(network):
        derivative = examine(network, LOSS, weight, inputs, labels).derivative
        assert try_it(network, LOSS, weight, inputs, labels).relative_difference(derivative) < 1e-3


def test_weights_that_are_no_numbers_are_told_in_words(trained: TrainedNetwork) -> None:
    network = double(trained)
    with torch.no_grad():
        network[0].weight.fill_(math.nan)
    with pytest.raises(PlaygroundError, match="not a number"):
        examine(
            network, LOSS, WeightName("0_conv2d_0", "bias", (0,)), trained.batches.inputs(trained.dataset.x_test[:1]),
            trained.dataset.y_test[:1],
        )  # fmt: skip


def test_fifty_layers_have_a_chain_of_fifty_links() -> None:
    layers = (Flatten(), *(Dense(units=6, activation=Tanh()) for _ in range(49)), HEAD)
    network = built(*layers)
    inputs, labels = images(1)
    found = examine(network, LOSS, WeightName("1_dense_0", "weight", (0, 0)), inputs, labels)
    assert len(found.links) == 2 * 49 + 1
    assert all(link.total == pytest.approx(found.derivative, rel=1e-6, abs=1e-18) for link in found.links)
    assert try_it(network, LOSS, found.weight, inputs, labels).agrees(found.derivative)
    assert strongest_path(network, LOSS, found.weight, found.terms, inputs, labels) is not None


def test_an_image_of_one_grey_before_layer_norms_leaves_rounding_only_and_both_are_0() -> None:
    """Whatever the first batch norm shifts all pixels by, the layer norm takes off again: dL/dw is exactly 0 on paper."""
    layers = (BatchNorm(), LayerNorm(), Flatten(), LayerNorm(), BatchNorm(), Dense(units=6), BatchNorm(), LayerNorm(), HEAD)
    network = built(*layers, shape=(1, 28, 28))
    with torch.no_grad():
        network[3].weight.mul_(1000)
    inputs = torch.full((1, 1, 28, 28), -0.7, dtype=torch.float64)
    found = examine(network, LOSS, WeightName("0_batch_norm_0", "bias", (0,)), inputs, torch.tensor([1]))
    check = try_it(network, LOSS, found.weight, inputs, torch.tensor([1]))
    terms = float(abs(found.terms.products).sum())
    assert abs(found.derivative) <= 1e-12 * terms
    assert terms == 0 or not check.agrees(found.derivative)
    assert check.agrees(found.derivative, terms)
    assert not check.agrees(found.derivative + 1e-2, terms), "a wrong derivative is still told"
