"""The images that drive a unit most. Oracles: the network's modules called one after another, gradients, and counting by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional
from trained_runs import Trained, drain

from playground import data
from playground.catalog.activations import Identity, Sigmoid
from playground.catalog.layers import AvgPool, BatchNorm, Conv2d, Dense, Flatten, GlobalAvgPool, LayerNorm, MaxPool
from playground.errors import PlaygroundError
from playground.insight.networks import trained_network
from playground.insight.top_images import Box, seen_part, top_images
from playground.network import build, trace
from playground.spec import NetworkSpec
from playground.training.runtime import Runtime


def asked(trained: Trained, layer: int, unit: int, pooling: str = "strongest", **more: object):  # type: ignore[no-untyped-def]
    return drain(top_images(trained.run.to_json(), trained.weights, layer, unit, pooling, **more))


def inputs(trained: Trained) -> Tensor:
    opened = trained_network(trained.run, trained.weights, Runtime())
    return (data.load("mnist-5k").x_test.float() / 255 - opened.batches.mean) / opened.batches.spread


def first_sums(trained: Trained) -> Tensor:
    """What the first weighted layer of either network gives for all test images, without its activation function."""
    weight, bias = list(trained.weights.values())[:2]
    if weight.ndim == 4:
        return functional.conv2d(inputs(trained), weight, bias, padding=2)
    return functional.linear(inputs(trained).flatten(1), weight, bias)


def test_a_neurons_strongest_images_are_those_of_all_sums_sorted(dense: Trained) -> None:
    sums = first_sums(dense)[:, 5]
    progress, top = asked(dense, 1, 5)
    order = sums.argsort(descending=True)
    assert set(top.indices.tolist()) == set(order[:9].tolist())
    np.testing.assert_allclose(top.sums, sums[order[:9]], atol=1e-4)
    np.testing.assert_allclose(top.activations, sums[order[:9]].relu(), atol=1e-4)
    assert top.labels.tolist() == data.load("mnist-5k").y_test[torch.from_numpy(top.indices)].tolist()
    assert top.seen == 1000 and top.silent == int((sums <= 0).sum()) and top.boxes is None
    assert [told.done for told in progress] == sorted(told.done for told in progress)


@pytest.mark.parametrize("pooling", ["strongest", "average"])
def test_a_channel_counts_by_its_largest_or_its_mean_value(convolution: Trained, pooling: str) -> None:
    maps = first_sums(convolution)[:, 2]
    sums = maps.flatten(1).amax(1) if pooling == "strongest" else maps.flatten(1).mean(1)
    top = asked(convolution, 0, 2, pooling)[1]
    np.testing.assert_allclose(top.sums, sums.sort(descending=True).values[:9], atol=1e-4)
    after = maps.relu().flatten(1).amax(1) if pooling == "strongest" else maps.relu().flatten(1).mean(1)
    np.testing.assert_allclose(top.activations, after[torch.from_numpy(top.indices)], atol=1e-4)


def test_the_frame_stands_where_the_channel_is_strongest(convolution: Trained) -> None:
    top = asked(convolution, 0, 2)[1]
    for index, box in zip(top.indices, top.boxes, strict=True):
        row, column = divmod(int(first_sums(convolution)[int(index), 2].argmax()), 28)
        assert box == Box(max(0, row - 2), max(0, column - 2), min(28, row + 3), min(28, column + 3))


def test_classes_and_layers_after_dropout_and_batch_norm_are_asked_as_in_an_exam(dense: Trained, convolution: Trained) -> None:
    for trained, layer in ((dense, 4), (convolution, 4)):
        network = trained_network(trained.run, trained.weights, Runtime()).network
        outputs = network(inputs(trained))[:, 3].detach()
        first, again = asked(trained, layer, 3)[1], asked(trained, layer, 3)[1]
        np.testing.assert_allclose(first.sums, outputs.sort(descending=True).values[:9], atol=1e-4)
        np.testing.assert_array_equal(first.sums, again.sums)
        np.testing.assert_array_equal(first.sums, first.activations)


def test_the_images_of_a_split_are_named_by_their_place_in_the_data_set(dense: Trained) -> None:
    opened = trained_network(dense.run, dense.weights, Runtime())
    for split, own in (("validation", opened.batches.validation), ("training", opened.batches.train)):
        top = asked(dense, 1, 0, split=split, count=4)[1]
        assert len(top.indices) == 4 and set(top.indices.tolist()) <= set(own.tolist()) and top.seen == len(own)


def test_more_images_than_there_are_cannot_be_shown(without_validation: Trained) -> None:
    top = asked(without_validation, 1, 0, split="training", count=500)[1]
    assert len(top.indices) == top.seen == 100
    assert sorted(top.indices.tolist()) == sorted(set(top.indices.tolist()))


@pytest.mark.parametrize(
    "layers",
    [
        (Conv2d(filters=2, kernel_size=5, padding="valid", activation=Identity()), AvgPool()),
        (
            Conv2d(filters=2, kernel_size=3, stride=2, activation=Identity()),
            Conv2d(filters=2, kernel_size=4, activation=Identity()),
        ),
        (BatchNorm(), AvgPool(pool_size=3, stride=2), Conv2d(filters=1, kernel_size=3, activation=Sigmoid())),
        (Conv2d(filters=2, activation=Identity()), LayerNorm(), AvgPool()),
    ],
)
def test_the_frame_is_where_the_gradient_is_not_zero(layers: tuple[object, ...]) -> None:
    network = NetworkSpec(layers=layers)
    model = build(network, (1, 20, 20), 0).double().eval()
    image = torch.rand(1, 1, 20, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    maps = model(image)
    height, width = maps.shape[2:]
    for row, column in ((0, 0), (height - 1, width // 2), (height // 2, width // 2), (height // 2, width - 1)):
        (slope,) = torch.autograd.grad(maps[0, 0, row, column], image, retain_graph=True)
        rows, columns = slope[0, 0].abs().sum(1).nonzero(), slope[0, 0].abs().sum(0).nonzero()
        expected = Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
        assert seen_part(trace(network, (1, 20, 20)), len(layers) - 1, row, column) == expected


def test_after_global_pooling_or_for_a_max_pool_the_frame_is_right_too() -> None:
    reports = trace(NetworkSpec(layers=(MaxPool(), MaxPool(pool_size=3, stride=3))), (1, 28, 28))
    assert seen_part(reports, 1, 1, 2) == Box(6, 12, 12, 18)
    reports = trace(NetworkSpec(layers=(Flatten(), GlobalAvgPool())), (1, 28, 28))
    assert reports[1].misfit is not None  # nothing to ask: such a network cannot be trained


def test_numbers_without_end_are_told_in_words(convolution: Trained, without_validation: Trained) -> None:
    broken = {
        name: tensor * float("inf") if tensor.is_floating_point() else tensor for name, tensor in convolution.weights.items()
    }
    with pytest.raises(PlaygroundError, match="without end"):
        asked(replace(convolution, weights=broken), 0, 0)
    with pytest.raises(PlaygroundError, match="no validation images"):
        asked(without_validation, 1, 0, split="validation")


def test_a_layer_without_weights_can_be_asked(convolution: Trained) -> None:
    """The third layer is the pooling, whose maps are what the pages show."""
    network = trained_network(convolution.run, convolution.weights, Runtime()).network
    maps = network[:4](inputs(convolution))[:, 1].detach()
    top = asked(convolution, 2, 1)[1]
    np.testing.assert_allclose(top.sums, maps.flatten(1).amax(1).sort(descending=True).values[:9], atol=1e-4)
    assert all(box.bottom - box.top <= 6 for box in top.boxes)


def test_a_single_output_is_no_trouble(dense: Trained) -> None:
    layers = (Flatten(), Dense(units=1, activation=Identity()))
    run = dense.run.model_copy(update={"network": NetworkSpec(layers=layers)})
    weights = build(run.network, (1, 28, 28), 0).state_dict()
    assert len(drain(top_images(run.to_json(), weights, 1, 0, "strongest"))[1].indices) == 9
