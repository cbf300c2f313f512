from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from trained_runs import Trained

from playground.catalog.activations import Identity, Softmax
from playground.catalog.layers import AvgPool, Conv2d, Dense, Flatten, GlobalAvgPool, LayerEntry
from playground.errors import PlaygroundError
from playground.insight.activations import activations, prediction, spread
from playground.insight.networks import TrainedNetwork, trained_network
from playground.network import build
from playground.spec import DatasetSpec, NetworkSpec, RunSpec
from playground.training.runtime import Runtime


def asked(trained: Trained) -> TrainedNetwork:
    return trained_network(trained.run, trained.weights, Runtime())


def untrained(*layers: LayerEntry) -> TrainedNetwork:
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=DatasetSpec(name="mnist-5k"))
    return trained_network(run, build(run.network, (1, 28, 28), 0).state_dict(), Runtime())


def test_every_layer_gives_what_its_formula_gives(convolution: Trained) -> None:
    trained = asked(convolution)
    inputs = trained.batches.inputs(trained.dataset.x_test[7:8])
    weights = convolution.weights
    convolved = F.relu(F.conv2d(inputs, weights["0_conv2d_0.weight"], weights["0_conv2d_0.bias"], padding=2))
    mean, variance = weights["1_batch_norm_0.running_mean"], weights["1_batch_norm_0.running_var"]
    scaled = (convolved - mean.view(1, -1, 1, 1)) / (variance.view(1, -1, 1, 1) + 1e-5).sqrt()
    normed = scaled * weights["1_batch_norm_0.weight"].view(1, -1, 1, 1) + weights["1_batch_norm_0.bias"].view(1, -1, 1, 1)
    pooled = normed.unfold(2, 2, 2).unfold(3, 2, 2).amax(dim=(4, 5))
    flat = pooled.reshape(1, -1)
    scores = flat @ weights["4_dense_0.weight"].T + weights["4_dense_0.bias"]
    found = activations(trained, inputs)
    assert [layer.title for layer in found] == ["Input", "Conv 4 @ 5×5", "BatchNorm", "MaxPool 2×2", "Flatten", "Dense 10"]
    for layer, expected in zip(found, (inputs, convolved, normed, pooled, flat, scores), strict=True):
        np.testing.assert_allclose(layer.values, expected[0].numpy(), rtol=1e-4, atol=1e-5)
    assert [layer.is_maps for layer in found] == [True, True, True, True, False, False]
    assert found[1].num_units == 4 and found[1].shape == (4, 28, 28) and [layer.layer for layer in found] == [-1, 0, 1, 2, 3, 4]


def test_each_layer_is_the_networks_own_prefix_and_dropout_rests(dense: Trained) -> None:
    trained = asked(dense)
    inputs = trained.batches.inputs(trained.dataset.x_test[:1])
    found = activations(trained, inputs)
    names = [name for name, _ in trained.network.named_children()]
    with torch.inference_mode():
        for layer in found[1:]:
            last = max(place for place, name in enumerate(names) if name.startswith(f"{layer.layer}_"))
            np.testing.assert_array_equal(layer.values, trained.network[: last + 1](inputs)[0].numpy())
        np.testing.assert_array_equal(found[-1].values, trained.network(inputs)[0].numpy())
    np.testing.assert_array_equal(found[3].values, found[2].values)
    assert found[2].values.min() >= 0 and found[4].values.min() > 0 and found[4].values.max() < 1


def test_the_prediction_is_the_softmax_of_the_last_layer(dense: Trained) -> None:
    trained = asked(dense)
    inputs = trained.batches.inputs(trained.dataset.x_test[:1])
    scores = activations(trained, inputs)[-1].values.astype(np.float64)
    powers = np.exp(scores - scores.max())
    np.testing.assert_allclose(prediction(trained, inputs), powers / powers.sum(), atol=1e-6)


def test_a_softmax_layer_says_that_it_gives_probabilities() -> None:
    trained = untrained(Flatten(), Dense(units=10, activation=Softmax()))
    last = activations(trained, trained.batches.inputs(trained.dataset.x_test[:1]))[-1]
    assert last.output == "probabilities" and last.values.sum() == pytest.approx(1, abs=1e-6)


def test_the_spread_counts_zeros_and_what_is_no_number() -> None:
    told = spread(np.array([0.0, 0.0, -1.5, 4.0, np.nan, np.inf, 0.0, 1.0], np.float32))
    assert (told.minimum, told.maximum, told.zero_share, told.broken) == (-1.5, 4.0, 3 / 8, 2)
    nothing = spread(np.full((2, 2), np.nan, np.float32))
    assert np.isnan(nothing.minimum) and np.isnan(nothing.maximum) and nothing.broken == 4


def test_weights_that_are_no_numbers_are_shown_layer_by_layer_but_give_no_prediction(dense: Trained) -> None:
    weights = {name: tensor.clone() for name, tensor in dense.weights.items()}
    weights["1_dense_0.weight"][3] = float("nan")
    trained = trained_network(dense.run, weights, Runtime())
    inputs = trained.batches.inputs(trained.dataset.x_test[:1])
    found = activations(trained, inputs)
    assert spread(found[2].values).broken == 1 and spread(found[-1].values).broken == 10
    with pytest.raises(PlaygroundError, match="not a number"):
        prediction(trained, inputs)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_image_of_one_grey_can_be_asked_about(convolution: Trained, grey: int) -> None:
    trained = asked(convolution)
    inputs = trained.batches.inputs(torch.full((1, 1, 28, 28), grey, dtype=torch.uint8))
    assert all(spread(layer.values).broken == 0 for layer in activations(trained, inputs))
    assert prediction(trained, inputs).sum() == pytest.approx(1)


def test_fifty_layers_and_networks_without_weights_have_their_activations() -> None:
    deep = untrained(
        *(Conv2d(filters=2, kernel_size=3) for _ in range(48)), GlobalAvgPool(), Dense(units=10, activation=Identity())
    )
    image = deep.dataset.x_test[:1]
    assert len(activations(deep, deep.batches.inputs(image))) == 51
    bare = untrained(AvgPool(pool_size=8, stride=8), Flatten())
    found = activations(bare, bare.batches.inputs(image))
    blocks = found[0].values[0, :24, :24].reshape(3, 8, 3, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(found[2].values.reshape(3, 3), blocks, atol=1e-6)
