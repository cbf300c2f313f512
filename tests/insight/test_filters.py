from __future__ import annotations

import torch
from trained_runs import Trained

from playground.catalog.layers import Dense, Flatten, GlobalAvgPool, MaxPool
from playground.insight.filters import first_filters
from playground.network import build
from playground.spec import DatasetSpec, NetworkSpec, RunSpec

DIGIT = (1, 28, 28)


def test_the_first_kernels_are_drawn_even_when_more_layers_follow(convolution: Trained) -> None:
    filters = first_filters(convolution.run, convolution.weights, DIGIT)
    assert filters is not None and filters.kind == "kernels" and filters.images.shape == (4, 1, 5, 5)
    (kernels,) = (tensor for tensor in convolution.weights.values() if tensor.shape == (4, 1, 5, 5))
    assert torch.equal(torch.from_numpy(filters.images), kernels)


def test_a_dense_neurons_weights_stand_where_its_pixels_are(dense: Trained) -> None:
    filters = first_filters(dense.run, dense.weights, DIGIT)
    assert filters is not None and filters.kind == "neurons" and filters.images.shape == (16, 1, 28, 28)
    # The weighted sum over the image is the neuron's sum without its bias.
    weight = next(tensor for tensor in dense.weights.values() if tensor.shape == (16, 784))
    image = torch.rand(1, 28, 28)
    sums = (torch.from_numpy(filters.images) * image).sum(dim=(1, 2, 3))
    torch.testing.assert_close(sums, weight @ image.flatten())


def _filters(*layers: object):  # type: ignore[no-untyped-def]
    run = RunSpec(network=NetworkSpec(layers=layers))
    return first_filters(run, build(run.network, DIGIT, 0).state_dict(), DIGIT)


def test_after_pooling_a_neurons_image_has_the_pooled_size() -> None:
    filters = _filters(MaxPool(), Flatten(), Dense(units=7))
    assert filters.images.shape == (7, 1, 14, 14)


def test_neurons_that_see_no_image_and_networks_without_weights_have_no_filters() -> None:
    assert _filters(GlobalAvgPool(), Dense(units=7)) is None
    assert _filters(Flatten()) is None


def test_rows_of_a_table_make_no_pictures() -> None:
    run = RunSpec(network=NetworkSpec(layers=(Dense(units=4), Dense(units=1))), dataset=DatasetSpec(name="diabetes"))
    weights = build(run.network, (10,), 0).state_dict()
    assert first_filters(run, weights, (10,)) is None
