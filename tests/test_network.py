"""From a spec to shapes, costs and modules."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from playground.catalog import OPTIMIZERS
from playground.catalog.activations import Identity
from playground.catalog.initialisations import HeNormal, Zeros
from playground.catalog.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, GlobalAvgPool, MaxPool, Misfit
from playground.catalog.optimizers import SGD, Adam
from playground.catalog.presets import PRESETS, preset
from playground.network import build, has_batch_norm, has_convolution, layer_modules, totals, trace
from playground.seeds import stream_seed
from playground.spec import NetworkSpec, RunSpec, TrainingSpec

DIGIT = (1, 28, 28)


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.slug)
def test_reports_agree_with_the_real_network_layer_by_layer(entry: Any) -> None:
    network = build(entry.run.network, DIGIT, seed=1).eval()
    values = torch.zeros(2, *DIGIT)
    for report in trace(entry.run.network, DIGIT):
        assert report.misfit is None and report.input_shape == tuple(values.shape[1:])
        modules = layer_modules(network, report.index)
        for module in modules:
            values = module(values)
        assert report.output_shape == tuple(values.shape[1:])
        assert report.num_parameters == sum(p.numel() for module in modules for p in module.parameters())
    assert values.shape == (2, 10)


def test_the_first_networks_cost_is_as_by_hand() -> None:
    run = preset("first-network").run
    sums = totals(run, trace(run.network, DIGIT))
    assert sums.num_parameters == 784 * 128 + 128 + 128 * 10 + 10 == 101_770
    assert sums.multiply_adds == 784 * 128 + 128 * 10
    # Weights, gradients, two kept copies and Adam's two averages; one batch of 32 with gradients.
    assert sums.memory_bytes == 4 * (101_770 * 6 + 2 * 32 * (784 + 128 + 10))


def test_lenets_cost_is_as_in_the_textbook() -> None:
    run = preset("lenet-5").run
    assert totals(run, trace(run.network, DIGIT)).num_parameters == 156 + 2416 + 48_120 + 10_164 + 850


def test_memory_grows_with_the_batch_and_with_the_optimizers_states() -> None:
    def memory(**training: Any) -> int:
        run = RunSpec(network=preset("fast-cnn").run.network, training=TrainingSpec(**training))
        return totals(run, trace(run.network, DIGIT)).memory_bytes

    assert memory(batch_size=64) > memory(batch_size=32)
    assert memory(optimizer=Adam()) > memory(optimizer=SGD())
    assert all(memory(optimizer=entry()) > 0 for entry in OPTIMIZERS.values())


def test_the_first_weights_are_those_of_torch_with_the_runs_seed() -> None:
    network = build(preset("first-network").run.network, DIGIT, seed=9)
    torch.manual_seed(stream_seed(9, "initialisation"))
    by_hand = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    for ours, theirs in zip(network.parameters(), by_hand.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_building_draws_nothing_from_anybody_else() -> None:
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    build(NetworkSpec(layers=(Flatten(), Dense()), initialisation=HeNormal()), DIGIT, seed=1)
    assert torch.equal(torch.rand(3), wanted)


def test_seeds_decide_the_weights() -> None:
    spec = NetworkSpec(layers=(Flatten(), Dense(units=4)), initialisation=HeNormal())

    def weight(seed: int) -> torch.Tensor:
        return next(build(spec, DIGIT, seed).parameters())

    assert torch.equal(weight(1), weight(1)) and not torch.equal(weight(1), weight(2))


def test_an_initialisation_fills_weights_and_kernels_and_clears_biases_but_not_normalisation() -> None:
    spec = NetworkSpec(layers=(Conv2d(filters=4), BatchNorm(), Flatten(), Dense(units=5)), initialisation=HeNormal())
    convolution, _, norm, _, dense, _ = build(spec, DIGIT, seed=1)
    assert convolution.weight.std().item() == pytest.approx(math.sqrt(2 / 9), rel=0.3)
    assert dense.weight.std().item() == pytest.approx(math.sqrt(2 / (4 * 784)), rel=0.05)
    assert not convolution.bias.any() and not dense.bias.any() and bool((norm.weight == 1).all())
    zeros = build(spec.model_copy(update={"initialisation": Zeros()}), DIGIT, seed=1)
    assert not zeros[0].weight.any() and not zeros[4].weight.any()


def test_modules_are_found_by_their_layer_also_from_the_tenth_on() -> None:
    layers = (Flatten(), *(Dense(units=7) for _ in range(11)))
    network = build(NetworkSpec(layers=layers), DIGIT, seed=1)
    assert [len(layer_modules(network, index)) for index in range(12)] == [1, *[2] * 11]
    assert layer_modules(network, 1)[0].in_features == 784


def test_a_misfit_is_reported_and_the_layers_after_it_are_still_checked() -> None:
    reports = trace(NetworkSpec(layers=(Dense(units=20), Conv2d(filters=3), Dense(units=5))), DIGIT)
    assert [report.misfit is not None for report in reports] == [True, True, True]
    assert reports[0].output_shape == (20,)  # as if it had been flattened
    assert reports[1].output_shape == (3, 28, 28)  # as if it had stood before
    assert reports[2].output_shape == (5,)
    with pytest.raises(Misfit):
        build(NetworkSpec(layers=(Dense(units=20),)), DIGIT, seed=1)


def test_no_combination_of_layers_breaks_the_trace() -> None:
    kinds = [Dense(units=9), Conv2d(filters=2, kernel_size=9, padding="valid"), MaxPool(pool_size=8), GlobalAvgPool(), Flatten()]
    for first in kinds:
        for second in kinds:
            for third in kinds:
                reports = trace(NetworkSpec(layers=(first, second, third)), (1, 12, 12))
                assert len(reports) == 3 and all(min(report.output_shape) >= 1 for report in reports)


def test_an_empty_network_has_no_reports_and_no_parameters() -> None:
    assert trace(NetworkSpec(), DIGIT) == ()
    assert totals(RunSpec(), ()).num_parameters == 0


def test_what_a_network_contains_is_told() -> None:
    dense = NetworkSpec(layers=(Flatten(), Dense(activation=Identity()), Dropout()))
    images = NetworkSpec(layers=(MaxPool(), Conv2d(), BatchNorm()))
    assert not has_convolution(dense) and not has_batch_norm(dense)
    assert not has_convolution(NetworkSpec(layers=(MaxPool(),)))
    assert has_convolution(images) and has_batch_norm(images)
