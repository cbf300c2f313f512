"""Pruning, noise and int8, against torch's own; and what the weights take up."""

from __future__ import annotations

import pytest
import torch
import torch.nn.utils.prune
from torch import nn
from trained_runs import Trained

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten
from playground.insight.sizes import int8_scale, num_int8_scales, sizes
from playground.insight.surgery import AddNoise, Prune, Quantise, edited_weights
from playground.insight.unit_paths import Blueprint
from playground.network import build
from playground.spec import DatasetSpec, NetworkSpec, RunSpec


@pytest.mark.parametrize("percent", [0, 1, 30, 62.5, 99, 100])
def test_pruning_is_that_of_torch(percent: float, convolution: Trained) -> None:
    blueprint = Blueprint.of(convolution.run)
    network = build(convolution.run.network, (1, 28, 28), 0)
    network.load_state_dict(convolution.weights)
    layers = [(module, "weight") for module in network if isinstance(module, nn.Conv2d | nn.Linear)]
    torch.nn.utils.prune.global_unstructured(layers, torch.nn.utils.prune.L1Unstructured, amount=percent / 100)
    together = edited_weights(convolution.weights, [Prune(percent=percent)], blueprint)
    assert torch.equal(together["0_conv2d_0.weight"], layers[0][0].weight)
    assert torch.equal(together["4_dense_0.weight"], layers[1][0].weight)
    each = edited_weights(convolution.weights, [Prune(percent=percent, where="every layer")], blueprint)
    one = edited_weights(convolution.weights, [Prune(percent=percent, where="this layer", layer=4)], blueprint)
    for name in ("0_conv2d_0", "4_dense_0"):
        module = nn.Linear(1, 1)
        module.weight = nn.Parameter(convolution.weights[f"{name}.weight"].clone())
        torch.nn.utils.prune.l1_unstructured(module, "weight", amount=percent / 100)
        assert torch.equal(each[f"{name}.weight"], module.weight)
    assert torch.equal(one["4_dense_0.weight"], each["4_dense_0.weight"])
    assert torch.equal(one["0_conv2d_0.weight"], convolution.weights["0_conv2d_0.weight"])
    assert torch.equal(together["4_dense_0.bias"], convolution.weights["4_dense_0.bias"])


def test_noise_has_the_asked_spread_and_comes_again_with_its_seed(dense: Trained) -> None:
    blueprint = Blueprint.of(dense.run)
    noisy = edited_weights(dense.weights, [AddNoise(strength=0.5, seed=1)], blueprint)
    before = dense.weights["1_dense_0.weight"]
    noise = (noisy["1_dense_0.weight"] - before).double()
    assert abs(float(noise.std()) / (0.5 * float(before.double().std())) - 1) < 0.03
    assert abs(float(noise.mean())) < 0.03 * float(noise.std()) * 3
    again = edited_weights(dense.weights, [AddNoise(strength=0.5, seed=1)], blueprint)
    other = edited_weights(dense.weights, [AddNoise(strength=0.5, seed=2)], blueprint)
    assert torch.equal(again["1_dense_0.weight"], noisy["1_dense_0.weight"])
    assert not torch.equal(other["1_dense_0.weight"], noisy["1_dense_0.weight"])
    assert torch.equal(noisy["1_dense_0.bias"], dense.weights["1_dense_0.bias"])


def test_int8_is_that_of_torch(convolution: Trained) -> None:
    blueprint = Blueprint.of(convolution.run)
    per_layer = edited_weights(convolution.weights, [Quantise()], blueprint)
    per_unit = edited_weights(convolution.weights, [Quantise(scales="one a unit")], blueprint)
    for name in ("0_conv2d_0.weight", "4_dense_0.weight"):
        weight = convolution.weights[name]
        scale = float(weight.abs().max()) / 127
        expected = torch.fake_quantize_per_tensor_affine(weight, scale, 0, -127, 127)
        torch.testing.assert_close(per_layer[name], expected, rtol=1e-6, atol=0)
        scales = weight.flatten(1).abs().amax(dim=1) / 127
        none = torch.zeros(len(weight), dtype=torch.int32)
        expected = torch.fake_quantize_per_channel_affine(weight, scales, none, 0, -127, 127)
        torch.testing.assert_close(per_unit[name], expected, rtol=1e-6, atol=0)
        steps = (per_layer[name] / scale).round().unique()
        assert len(steps) <= 255 and steps.abs().max() == 127
        assert num_int8_scales(weight) is None
        assert (num_int8_scales(per_layer[name]), num_int8_scales(per_unit[name])) == (1, len(weight))
        assert bool(((per_unit[name] - weight).flatten(1).abs().amax(dim=1) <= 0.5001 * scales).all())


def test_weights_that_are_all_0_are_int8_already() -> None:
    assert int8_scale(torch.zeros(3, 2), per_unit=True).tolist() == [[1], [1], [1]]
    layers = (Flatten(), Dense(units=1), Dense(units=10, activation=Identity()))
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=DatasetSpec(name="mnist-5k"))
    weights = build(run.network, (1, 28, 28), 0).state_dict()
    weights["1_dense_0.weight"].zero_()
    changed = edited_weights(weights, [Quantise(), Prune(), AddNoise()], Blueprint.of(run))
    assert torch.equal(changed["1_dense_0.weight"], weights["1_dense_0.weight"])
    assert changed["2_dense_0.weight"].isfinite().all()


def test_sizes_are_counted(dense: Trained) -> None:
    blueprint = Blueprint.of(dense.run)
    plain = sizes(dense.weights, blueprint)
    weights = 784 * 16 + 16 * 12 + 12 * 10
    assert (plain.numbers, plain.weights, plain.float_bytes) == (weights + 38, weights, 4 * (weights + 38))
    assert (plain.bytes, plain.int8_layers) == (plain.float_bytes, 0)
    small = sizes(edited_weights(dense.weights, [Prune(percent=50), Quantise()], blueprint), blueprint)
    assert small.bytes == weights + 3 * 4 + 38 * 4 and small.int8_layers == 3
    assert small.zeros >= round(weights / 2)
    rows = sizes(
        edited_weights(dense.weights, [Quantise(scales="one a unit", where="this layer", layer=1)], blueprint), blueprint
    )
    assert rows.bytes == 784 * 16 + 16 * 4 + 4 * (16 * 12 + 12 * 10 + 38)
