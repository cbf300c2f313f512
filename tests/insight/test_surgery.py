"""Edits by hand, against other ways of computing the same: masks in hooks, and weights set by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn
from trained_runs import Trained

from playground import data
from playground.catalog.activations import ELU, GELU, Identity, LeakyReLU, LogSoftmax, ReLU, Sigmoid, Softmax, Softplus, Tanh
from playground.catalog.layers import (
    ActivationLayer,
    AvgPool,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    LayerNorm,
    MaxPool,
)
from playground.errors import PlaygroundError
from playground.insight.surgery import (
    EDITS,
    AddNoise,
    FreezeLayer,
    KillLayer,
    KillUnit,
    Prune,
    Quantise,
    ScaleLayer,
    ScaleUnit,
    SetNumber,
    ThawLayer,
    edited_weights,
    frozen_layers,
)
from playground.insight.unit_paths import Blueprint, number_words
from playground.network import build, layer_modules
from playground.spec import DatasetSpec, NetworkSpec, RunSpec

LAST = Dense(units=10, activation=Identity())
IMAGES = data.load("mnist-5k").x_test[:40].float() / 255


def a_run(*layers: object) -> RunSpec:
    return RunSpec(network=NetworkSpec(layers=layers), dataset=DatasetSpec(name="mnist-5k"), seed=5)


def made(*layers: object) -> tuple[RunSpec, nn.Sequential, dict[str, Tensor]]:
    """A network whose batch norms have seen images, so that none of their numbers is as it came."""
    run = a_run(*layers)
    network = build(run.network, (1, 28, 28), run.seed)
    with torch.no_grad():
        for module in network:
            if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d | nn.LayerNorm):
                nn.init.normal_(module.weight, 1, 0.3, torch.Generator().manual_seed(1))
                nn.init.normal_(module.bias, 0, 0.5, torch.Generator().manual_seed(2))
        network(IMAGES)
    network.eval()
    return run, network, {name: tensor.clone() for name, tensor in network.state_dict().items()}


def outputs(network: nn.Sequential, weights: Mapping[str, Tensor]) -> Tensor:
    network.load_state_dict(dict(weights))
    with torch.inference_mode():
        return network(IMAGES)


def masked(network: nn.Sequential, module: nn.Module, unit: slice, factor: float, entering: bool = False) -> Tensor:
    """The network's outputs when what leaves (or enters) a module is multiplied for some units only, by a hook."""

    def times(values: Tensor) -> Tensor:
        changed = values.clone()
        changed[:, unit] *= factor
        return changed

    if entering:
        handle = module.register_forward_pre_hook(lambda _, inputs: (times(inputs[0]),))
    else:
        handle = module.register_forward_hook(lambda *seen: times(seen[2]))
    try:
        with torch.inference_mode():
            return network(IMAGES)
    finally:
        handle.remove()


ACTIVATIONS = [ReLU(), Identity(), LeakyReLU(), ELU(), GELU(), Sigmoid(), Tanh(), Softplus(), Softmax(), LogSoftmax()]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: activation.kind)
def test_a_killed_neuron_gives_exactly_0_to_the_next_layer_whatever_its_activation(activation: object) -> None:
    run, network, weights = made(Flatten(), Dense(units=12, activation=activation), Dropout(), LAST)
    expected = masked(network, layer_modules(network, 1)[-1], slice(4, 5), 0.0)
    changed = edited_weights(weights, [KillUnit(layer=1, unit=4)], Blueprint.of(run))
    assert torch.equal(outputs(network, changed), expected)
    assert not torch.equal(expected, outputs(network, weights))


@pytest.mark.parametrize("activation", [ReLU(), Sigmoid()], ids=["relu", "sigmoid"])
@pytest.mark.parametrize("between", [(), (MaxPool(),), (AvgPool(), Dropout())], ids=["alone", "max pool", "average pool"])
def test_a_killed_filter_is_not_heard_behind_pooling_and_flattening(activation: object, between: tuple[object, ...]) -> None:
    run, network, weights = made(Conv2d(filters=5, kernel_size=3, activation=activation), *between, Flatten(), LAST)
    expected = masked(network, layer_modules(network, 0)[-1], slice(2, 3), 0.0)
    changed = edited_weights(weights, [KillUnit(layer=0, unit=2)], Blueprint.of(run))
    torch.testing.assert_close(outputs(network, changed), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("after", [(BatchNorm(),), (BatchNorm(), ActivationLayer(function=Sigmoid()), MaxPool())])
def test_behind_a_batch_norm_too_the_next_convolution_hears_exactly_0(after: tuple[object, ...]) -> None:
    """Zeroing the filter's own weights would not do: the batch norm makes another number of 0."""
    run, network, weights = made(
        Conv2d(filters=5, kernel_size=3, activation=Identity()), *after, Conv2d(filters=4), Flatten(), LAST
    )
    listener = layer_modules(network, 1 + len(after))[0]
    expected = masked(network, listener, slice(3, 4), 0.0, entering=True)
    changed = edited_weights(weights, [KillUnit(layer=0, unit=3)], Blueprint.of(run))
    torch.testing.assert_close(outputs(network, changed), expected, rtol=0, atol=1e-6)


def test_global_average_pooling_is_followed_to_the_dense_layer_behind_it() -> None:
    run, network, weights = made(Conv2d(filters=6), GlobalAvgPool(), LAST)
    expected = masked(network, layer_modules(network, 1)[-1], slice(1, 2), 0.0)
    assert torch.equal(outputs(network, edited_weights(weights, [KillUnit(layer=0, unit=1)], Blueprint.of(run))), expected)


@pytest.mark.parametrize("activation", [ReLU(), Tanh(), Sigmoid(), Softplus()], ids=lambda activation: activation.kind)
def test_before_a_layer_norm_which_mixes_neurons_the_value_itself_is_0(activation: object) -> None:
    run, network, weights = made(Flatten(), Dense(units=12, activation=activation), LayerNorm(), LAST)
    expected = masked(network, layer_modules(network, 1)[-1], slice(4, 5), 0.0)
    changed = edited_weights(weights, [KillUnit(layer=1, unit=4)], Blueprint.of(run))
    torch.testing.assert_close(outputs(network, changed), expected, rtol=0, atol=1e-6)


def test_before_a_layer_norm_a_batch_norm_makes_it_0() -> None:
    layers = (Flatten(), Dense(units=12), BatchNorm(), ActivationLayer(function=Sigmoid()), LayerNorm(), LAST)
    run, network, weights = made(*layers)
    expected = masked(network, layer_modules(network, 3)[-1], slice(4, 5), 0.0)
    changed = edited_weights(weights, [KillUnit(layer=1, unit=4)], Blueprint.of(run))
    torch.testing.assert_close(outputs(network, changed), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("ending", [Identity(), Softmax(), LogSoftmax()], ids=["none", "softmax", "log-softmax"])
def test_a_killed_output_is_a_score_of_0(ending: object) -> None:
    run, network, weights = made(Flatten(), Dense(units=12), Dense(units=10, activation=ending))
    expected = masked(network, layer_modules(network, 2)[0], slice(7, 8), 0.0)
    changed = edited_weights(weights, [KillUnit(layer=2, unit=7)], Blueprint.of(run))
    torch.testing.assert_close(outputs(network, changed), expected, rtol=0, atol=1e-6)


def test_what_no_weights_can_do_is_refused_with_the_reason() -> None:
    run, _, weights = made(Flatten(), Dense(units=12, activation=Sigmoid(), bias=False), LayerNorm(), LAST)
    with pytest.raises(PlaygroundError, match="Sigmoid"):
        edited_weights(weights, [KillUnit(layer=1, unit=0)], Blueprint.of(run))
    run, _, weights = made(Flatten(), Dense(units=12, activation=Tanh()), LayerNorm(), LAST)
    with pytest.raises(PlaygroundError, match="no later layer weighs them"):
        edited_weights(weights, [ScaleUnit(layer=1, unit=0, factor=2)], Blueprint.of(run))


@pytest.mark.parametrize("factor", [2.0, 0.5, -1.0])
def test_a_scaled_neuron_is_heard_so_many_times_as_loud(factor: float) -> None:
    run, network, weights = made(Flatten(), Dense(units=12, activation=Sigmoid()), LAST)
    expected = masked(network, layer_modules(network, 1)[-1], slice(4, 5), factor)
    changed = edited_weights(weights, [ScaleUnit(layer=1, unit=4, factor=factor)], Blueprint.of(run))
    torch.testing.assert_close(outputs(network, changed), expected, rtol=1e-5, atol=1e-6)


def test_a_scaled_layer_and_a_killed_one() -> None:
    run, network, weights = made(Conv2d(filters=3), MaxPool(), Flatten(), Dense(units=12), LAST)
    blueprint = Blueprint.of(run)
    expected = masked(network, layer_modules(network, 0)[-1], slice(None), 3.0)
    changed = edited_weights(weights, [ScaleLayer(layer=0, factor=3.0)], blueprint)
    torch.testing.assert_close(outputs(network, changed), expected, rtol=1e-4, atol=1e-5)
    dead = outputs(network, edited_weights(weights, [KillLayer(layer=0)], blueprint))
    assert torch.equal(dead, dead[:1].expand_as(dead))  # every image is answered alike
    last = outputs(network, edited_weights(weights, [ScaleLayer(layer=4, factor=2.0)], blueprint))
    torch.testing.assert_close(last, 2 * outputs(network, weights))


def test_infinite_weights_can_be_killed() -> None:
    run, _, weights = made(Flatten(), Dense(units=4), LAST)
    weights["2_dense_0.weight"][:, 1] = torch.inf
    changed = edited_weights(weights, [KillUnit(layer=1, unit=1)], Blueprint.of(run))
    assert not changed["2_dense_0.weight"][:, 1].any()


def test_one_number_is_set_and_all_others_stay() -> None:
    run, _, weights = made(Conv2d(filters=3, kernel_size=3), BatchNorm(), Flatten(), LAST)
    blueprint = Blueprint.of(run)
    edits = [
        SetNumber(layer=0, parameter="weight", index=9 + 5, value=0.25),
        SetNumber(layer=0, parameter="bias", index=2, value=-3),
        SetNumber(layer=1, parameter="weight", index=1, value=7),
    ]
    changed = edited_weights(weights, edits, blueprint)
    expected = {name: tensor.clone() for name, tensor in weights.items()}
    expected["0_conv2d_0.weight"][1, 0, 1, 2] = 0.25
    expected["0_conv2d_0.bias"][2] = -3
    expected["1_batch_norm_0.weight"][1] = 7
    assert all(torch.equal(changed[name], expected[name]) for name in expected)
    words = [edit.words(blueprint) for edit in edits]
    assert words[0] == "The weight in row 2, column 3 of filter 2 of layer 1 (Conv 3 @ 3×3) set to 0.25"
    assert words[1] == "The bias of filter 3 of layer 1 (Conv 3 @ 3×3) set to -3"
    assert words[2] == "Scale 2 of layer 2 (BatchNorm) set to 7"
    assert number_words(blueprint, 3, "weight", 2352 + 784 + 30) == (
        "the weight in row 2, column 3 of channel 2 of neuron 2 of layer 4 (Dense 10)"
    )
    with pytest.raises(PlaygroundError, match="no such number"):
        edited_weights(weights, [SetNumber(layer=0, parameter="bias", index=3)], blueprint)


def test_the_trained_weights_themselves_are_never_touched(convolution: Trained) -> None:
    before = {name: tensor.clone() for name, tensor in convolution.weights.items()}
    edits = [kind() if kind is not SetNumber else SetNumber(value=3) for kind in EDITS]
    blueprint = Blueprint.of(convolution.run)
    changed = edited_weights(convolution.weights, edits, blueprint)
    assert all(torch.equal(convolution.weights[name], before[name]) for name in before)
    assert changed.keys() == before.keys()
    assert all(edit.words(blueprint)[0].isupper() and type(edit).help and type(edit).title for edit in edits)


def test_freezing_changes_no_weight_and_can_be_taken_back(convolution: Trained) -> None:
    edits = [FreezeLayer(layer=0), FreezeLayer(layer=4), ThawLayer(layer=0), ThawLayer(layer=1)]
    assert frozen_layers((1,), edits[:2]) == (0, 1, 4)
    assert frozen_layers((1,), edits) == (4,)
    assert edited_weights(convolution.weights, edits, Blueprint.of(convolution.run)) is convolution.weights


@pytest.mark.parametrize(
    "edit", [KillUnit(layer=0), KillUnit(layer=1, unit=12), KillLayer(layer=9), Prune(layer=0, where="this layer")]
)
def test_a_layer_or_neuron_that_is_not_there_is_refused_in_words(edit: object) -> None:
    run, _, weights = made(Flatten(), Dense(units=12), LAST)
    with pytest.raises(PlaygroundError, match="layer|Layer"):
        edited_weights(weights, [edit], Blueprint.of(run))  # type: ignore[list-item]


def test_a_network_without_weights_has_nothing_to_prune() -> None:
    run, _, weights = made(Flatten())
    assert edited_weights(weights, [Prune(), AddNoise(), Quantise()], Blueprint.of(run)) == {}


def test_one_neuron_and_several_channels() -> None:
    run = RunSpec(network=NetworkSpec(layers=(Flatten(), Dense(units=1), LAST)), dataset=DatasetSpec(name="mnist-5k"))
    weights = build(run.network, (1, 28, 28), 0).state_dict()
    changed = edited_weights(weights, [KillUnit(layer=1, unit=0)], Blueprint.of(run))
    assert not changed["2_dense_0.weight"].any()


def test_the_weights_of_a_table_are_called_by_its_columns_and_later_ones_by_the_neurons_before() -> None:
    layers = (BatchNorm(), Dense(units=3), Dropout(), Dense(units=1, activation=Identity()))
    blueprint = Blueprint.of(RunSpec(network=NetworkSpec(layers=layers), dataset=DatasetSpec(name="diabetes")))
    first = number_words(blueprint, 1, "weight", 10 + 2)  # the second neuron's third weight
    assert first == "the weight from “body mass index” to neuron 2 of layer 2 (Dense 3)"
    assert number_words(blueprint, 3, "weight", 2) == "the weight from neuron 3 of layer 2 to neuron 1 of layer 4 (Dense 1)"
    assert number_words(blueprint, 0, "bias", 0) == "shift 1 (“age (years)”) of layer 1 (BatchNorm)"
    assert blueprint.seen_names(1)[9] == "“blood sugar”" and blueprint.sees_columns(1) and not blueprint.sees_columns(3)


def test_the_weights_of_pictures_are_called_by_their_places() -> None:
    blueprint = Blueprint.of(a_run(Conv2d(filters=3, kernel_size=3), GlobalAvgPool(), LAST))
    assert blueprint.seen_names(0) == () and not blueprint.sees_columns(0)
    assert blueprint.seen_names(2) == tuple(f"filter {place} of layer 1" for place in (1, 2, 3))
    assert Blueprint.of(a_run(Flatten(), LAST)).seen_names(1) == ()
