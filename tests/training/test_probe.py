"""What the probe says of a batch, against plain PyTorch and numbers worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from plain_loop import SCORES, cut, pixels, seeded, small_run, trainer
from torch import Tensor, nn

from playground import data
from playground.catalog.activations import Identity, LeakyReLU, ReLU, Sigmoid, Tanh
from playground.catalog.layers import ActivationLayer, BatchNorm, Conv2d, Dense, Flatten, MaxPool
from playground.catalog.optimizers import SGD, Adam
from playground.network import build
from playground.seeds import generator
from playground.spec import NetworkSpec, Regularisation, RunSpec
from playground.training.events import LayerMeasures, LayersMeasured
from playground.training.probe import Probe, activation_place

HAND_STEPS = 4


def looks(events: Any) -> list[LayersMeasured]:
    return [event for event in events if isinstance(event, LayersMeasured)]


def by_hand(
    run: RunSpec, network: nn.Sequential, optimizer: torch.optim.Optimizer, penalty: Callable[[], Tensor], layers: Sequence[Any]
) -> list[list[tuple[float, ...]]]:
    """For each of the first batches and each of `layers`, (module with the weights, modules up to the activation): gradient norm,
    update ratio, mean, spread."""
    digits, found = data.load("mnist-5k"), []
    order = cut(run)[0][torch.randperm(200, generator=generator(run.seed, "shuffle", 0))]
    for batch in order.split(run.training.batch_size)[:HAND_STEPS]:
        inputs, labels = pixels(run, digits.x_train[batch]), digits.y_train[batch]
        before = {module: [parameter.detach().clone() for parameter in module.parameters()] for module, _ in layers}
        loss = F.cross_entropy(network(inputs), labels)
        gradients = {module: torch.autograd.grad(loss, list(module.parameters()), retain_graph=True) for module, _ in layers}
        outputs = [network[:count](inputs).detach().double() for _, count in layers]
        optimizer.zero_grad()
        (F.cross_entropy(network(inputs), labels) + penalty()).backward()
        optimizer.step()
        rows = []
        for (module, _), values in zip(layers, outputs, strict=True):
            size = math.sqrt(sum(float(old.double().square().sum()) for old in before[module]))
            moved = math.sqrt(
                sum(
                    float((new.detach() - old).double().square().sum())
                    for new, old in zip(module.parameters(), before[module], strict=True)
                )
            )
            norm = math.sqrt(sum(float(gradient.double().square().sum()) for gradient in gradients[module]))
            rows.append((norm, moved / size, float(values.mean()), float(values.std(correction=0))))
        found.append(rows)
    return found


def figures(layer: LayerMeasures) -> tuple[float, ...]:
    return layer.gradient_norm, layer.update_ratio, layer.activation_mean, layer.activation_spread


@pytest.mark.parametrize("optimizer", [SGD(momentum=0.9), Adam(weight_decay=0.01)], ids=["sgd", "adam"])
@pytest.mark.parametrize("convolution", [False, True], ids=["dense", "convolution"])
def test_every_figure_is_that_of_plain_pytorch(convolution: bool, optimizer: Any) -> None:
    layers: Any = (Flatten(), Dense(units=16, activation=Tanh()), SCORES)
    if convolution:
        layers = (Conv2d(filters=4, kernel_size=5, stride=2), MaxPool(), Flatten(), SCORES)
    run = small_run(layers, epochs=1, optimizer=optimizer, regularisation=Regularisation(l1=1e-3, l2=1e-2))

    def make() -> nn.Sequential:
        if convolution:
            return nn.Sequential(nn.Conv2d(1, 4, 5, 2, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(196, 10))
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.Tanh(), nn.Linear(16, 10))

    network = seeded(run, make)
    weighted = [(network[0], 2), (network[4], 5)] if convolution else [(network[1], 3), (network[3], 4)]
    kind = torch.optim.SGD if isinstance(optimizer, SGD) else torch.optim.Adam

    def penalty() -> Tensor:
        terms = [1e-3 * module.weight.abs().sum() + 1e-2 * module.weight.square().sum() for module, _ in weighted]
        return terms[0] + terms[1]

    wanted = by_hand(run, network, kind(network.parameters(), **optimizer.options()), penalty, weighted)
    found = looks(trainer(run, limit=1))[:HAND_STEPS]
    assert [look.step for look in found] == [1, 2, 3, 4]
    assert [look.epoch for look in found] == pytest.approx([0.16, 0.32, 0.48, 0.64])
    for look, rows in zip(found, wanted, strict=True):
        assert [layer.layer for layer in look.layers] == ([0, 3] if convolution else [1, 2])
        assert look.learning_rate == optimizer.learning_rate
        for layer, row in zip(look.layers, rows, strict=True):
            assert figures(layer) == pytest.approx(row, rel=2e-4, abs=1e-6)


def probed(layers: Sequence[Any], shape: tuple[int, ...], weights: dict[str, Any], inputs: Any) -> LayersMeasured:
    """One look at a network whose weights are set by hand, without a step."""
    spec = NetworkSpec(layers=tuple(layers))
    network = build(spec, shape, 0)
    for name, value in weights.items():
        dict(network.named_parameters())[name].data.copy_(torch.tensor(value))
    probe = Probe(spec, network)
    probe.forward(torch.tensor(inputs)).sum().backward()
    probe.gradients()
    return probe.stepped(1, 0.5, 0.1)()


@pytest.mark.parametrize("activation", [ReLU(), LeakyReLU(negative_slope=0.0)], ids=["relu", "leaky with slope 0"])
def test_a_neuron_is_dead_when_it_is_0_for_every_image(activation: Any) -> None:
    # Outputs before ReLU for the two images: (1, -1), (-1, -2), (-5, -5), (2, 3).
    weights = {"0_dense_0.weight": [[1.0], [0.5], [0.0], [-0.5]], "0_dense_0.bias": [0.0, -1.5, -5.0, 2.5]}
    look = probed([Dense(units=4, activation=activation)], (1,), weights, [[1.0], [-1.0]])
    (layer,) = look.layers
    assert (layer.dead_share, layer.saturated_share) == (0.5, None)
    assert layer.activation_mean == pytest.approx((1 + 0 + 2 + 3) / 8)
    assert layer.activation_spread == pytest.approx(math.sqrt((1 + 4 + 9) / 8 - 0.75**2))
    # The sum's gradient: neuron 1 sees the image 1, neuron 4 sees both images, and each its bias.
    assert layer.gradient_norm == pytest.approx(math.sqrt(1**2 + (1 - 1) ** 2 + 1**2 + 2**2))
    assert layer.update_ratio == 0.0


def test_a_filter_is_dead_when_it_is_0_at_every_place_of_every_image() -> None:
    weights = {"0_conv2d_0.weight": [[[[1.0]]], [[[-1.0]]], [[[1.0]]]], "0_conv2d_0.bias": [0.0, 0.0, -2.5]}
    images = [[[[0.0, 1.0], [0.0, 0.0]]], [[[2.0, 0.0], [0.0, 3.0]]]]
    look = probed([Conv2d(filters=3, kernel_size=1)], (1, 2, 2), weights, images)
    assert look.layers[0].dead_share == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "activation, inputs, share",
    [
        (Sigmoid(), [-4.7, -4.5, 0.0, 4.5, 4.7], 2 / 5),  # sigmoid(4.595) is 0.99
        (Tanh(), [-2.4, -2.2, 0.0, 2.2, 2.4], 2 / 5),  # tanh(2.298) is 0.98
    ],
    ids=["sigmoid", "tanh"],
)
def test_a_value_is_saturated_within_a_hundredth_of_an_end(activation: Any, inputs: list[float], share: float) -> None:
    weights = {"0_dense_0.weight": [[1.0]], "0_dense_0.bias": [0.0]}
    look = probed([Dense(units=1, activation=activation)], (1,), weights, [[value] for value in inputs])
    assert look.layers[0].saturated_share == pytest.approx(share) and look.layers[0].dead_share is None


def test_an_activation_layer_that_follows_is_where_the_layer_ends() -> None:
    dense, relu = Dense(units=4, activation=Identity()), ActivationLayer(function=ReLU())
    for layers, place in (
        ((dense, relu), 1),
        ((dense, BatchNorm(), relu), 2),
        ((dense, MaxPool(), BatchNorm(), relu), 3),
        ((dense, BatchNorm(), SCORES), 0),
        ((Dense(units=4), relu), 0),
        ((dense,), 0),
    ):
        assert activation_place(NetworkSpec(layers=layers), 0) == place
    (look, *_) = looks(trainer(small_run((Flatten(), dense, BatchNorm(), relu, SCORES))))
    hidden, scores = look.layers
    assert hidden.dead_share is not None and hidden.activation_mean > 0
    assert scores.layer == 4 and scores.dead_share is None


def test_weights_of_0_have_no_ratio_and_numbers_that_ran_away_are_infinite() -> None:
    zero = probed([SCORES], (1,), {"0_dense_0.weight": [[0.0]] * 10, "0_dense_0.bias": [0.0] * 10}, [[1.0]])
    assert zero.layers[0].update_ratio == 0.0
    wild = probed([SCORES], (1,), {"0_dense_0.weight": [[math.nan]] * 10}, [[1.0]])
    assert figures(wild.layers[0])[1:] == (math.inf, math.inf, math.inf)
    assert wild == probed([SCORES], (1,), {"0_dense_0.weight": [[math.nan]] * 10}, [[1.0]])
