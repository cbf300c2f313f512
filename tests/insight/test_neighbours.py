"""The nearest training images. Oracle: scikit-learn, on features computed by plain torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor
from torch.nn import functional
from trained_runs import Trained, drain, train

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, GlobalAvgPool
from playground.errors import PlaygroundError
from playground.insight.neighbours import Nearest, cosine_distances, nearest_neighbours, penultimate, penultimate_title
from playground.insight.networks import trained_network
from playground.network import build, trace
from playground.spec import NetworkSpec
from playground.training.runtime import Runtime


@pytest.fixture
def digit() -> np.ndarray:
    return data.load("mnist-5k").x_test[17].numpy()


def asked(trained: Trained, pixels: np.ndarray, **more: object):  # type: ignore[no-untyped-def]
    return drain(nearest_neighbours(trained.run.to_json(), trained.weights, pixels, **more))


def learned(trained: Trained) -> tuple[Tensor, Tensor, Tensor]:
    """The images learned from, where they stand, and a function's worth: mean and spread of their pixels."""
    opened = trained_network(trained.run, trained.weights, Runtime())
    images = data.load("mnist-5k").x_train[opened.batches.train]
    return images, opened.batches.train, torch.tensor([opened.batches.mean, opened.batches.spread])


def hidden(trained: Trained, images: Tensor) -> Tensor:
    """What enters the last Dense of the dense network, written out."""
    mean, spread = learned(trained)[2]
    weights = list(trained.weights.values())
    values = functional.linear(((images.float() / 255 - mean) / spread).flatten(1), weights[0], weights[1]).relu()
    return functional.linear(values, weights[2], weights[3]).sigmoid()


@pytest.mark.parametrize("way", ["euclidean", "cosine", "pixels"])
def test_the_neighbours_are_those_of_scikit_learn(dense: Trained, digit: np.ndarray, way: str) -> None:
    images, places, _ = learned(dense)
    query = torch.from_numpy(digit)[None]
    space, own = (
        (images.flatten(1) / 255, query.flatten(1) / 255) if way == "pixels" else (hidden(dense, images), hidden(dense, query))
    )
    metric = "cosine" if way == "cosine" else "euclidean"
    oracle = NearestNeighbors(n_neighbors=9, metric=metric, algorithm="brute").fit(space.double().numpy())
    distances, rows = oracle.kneighbors(own.double().numpy())
    near: Nearest = getattr(asked(dense, digit)[1], way)
    np.testing.assert_allclose(near.distances, distances[0], rtol=2e-3, atol=1e-6)
    assert len(set(near.indices.tolist()) & set(places[rows[0]].tolist())) >= 8  # near ties may change places
    assert near.labels.tolist() == data.load("mnist-5k").y_train[torch.from_numpy(near.indices)].tolist()


def test_the_first_images_only_are_searched_where_asked(dense: Trained, digit: np.ndarray) -> None:
    _, places, _ = learned(dense)
    progress, found = asked(dense, digit, limit=50, count=5)
    assert found.seen == 50 and found.available == len(places) == 600
    assert set(found.euclidean.indices.tolist()) <= set(places[:50].tolist()) and len(found.euclidean.indices) == 5
    assert asked(dense, digit, limit=10**6)[1].seen == 600
    assert all(told.total == 50 for told in progress)


def test_the_networks_own_answer_stands_beside_the_vote(convolution: Trained, digit: np.ndarray) -> None:
    opened = trained_network(convolution.run, convolution.weights, Runtime())
    outputs = opened.network(opened.batches.inputs(torch.from_numpy(digit)[None]))[0].detach()
    found = asked(convolution, digit)[1]
    np.testing.assert_allclose(found.probabilities, outputs.softmax(0), atol=1e-5)
    assert found.answer == int(outputs.argmax())
    assert found.space == 4 * 14 * 14 and not found.zero


def test_votes_are_counted_and_the_nearest_breaks_a_tie() -> None:
    near = Nearest(np.arange(5), np.array([4, 9, 9, 4, 7]), np.arange(5.0))
    assert list(near.votes.items()) == [(4, 2), (9, 2), (7, 1)]


def test_a_training_image_is_its_own_nearest_neighbour(dense: Trained) -> None:
    images, places, _ = learned(dense)
    found = asked(dense, images[33].numpy())[1]
    for near in (found.euclidean, found.cosine, found.pixels):
        assert near.indices[0] == places[33] and near.distances[0] == pytest.approx(0, abs=1e-6)


def test_cosine_distances_are_exact_for_small_angles_and_defined_for_zero() -> None:
    own = torch.tensor([[1.0, 0.0]])
    features = torch.tensor([[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0], [1.0, 1e-3], [0.0, 0.0]])
    expected = [0, 1, 2, 1 - np.cos(np.arctan(1e-3)), 1]
    np.testing.assert_allclose(cosine_distances(features, own), expected, rtol=1e-3, atol=1e-12)
    assert cosine_distances(features, torch.zeros(1, 2)).tolist() == [1] * 5


def test_without_a_hidden_layer_it_is_the_standardised_image(without_validation: Trained, digit: np.ndarray) -> None:
    images, places, (mean, spread) = learned(without_validation)
    found = asked(without_validation, digit)[1]
    assert found.space == 784
    # Standardising stretches all differences alike.
    np.testing.assert_array_equal(found.euclidean.indices, found.pixels.indices)
    np.testing.assert_allclose(found.euclidean.distances * float(spread), found.pixels.distances, rtol=1e-4)
    assert penultimate_title(trace(without_validation.run.network, (1, 28, 28))).startswith("the image itself")


@pytest.mark.parametrize(
    ("layers", "modules", "title"),
    [
        ((Flatten(), Dense(units=5), Dropout(), Dense(units=10)), 4, "layers 2 to 3 (Dense 5 → Dropout 0.25)"),
        ((Conv2d(filters=3), Conv2d(filters=10), GlobalAvgPool()), 2, "layer 1 (Conv 3 @ 3×3)"),
        ((Conv2d(filters=3), BatchNorm(), Flatten(), Dense(units=10)), 4, "layers 1 to 3 (Conv 3 @ 3×3 → BatchNorm → Flatten)"),
        ((Flatten(), Dense(units=10)), 1, "the image itself (this network has no hidden layer)"),
        ((Flatten(),), 0, "the image itself (this network has no hidden layer)"),
    ],
)
def test_the_penultimate_layer_is_all_before_the_last_weights(
    dense: Trained, layers: tuple[object, ...], modules: int, title: str
) -> None:
    run = dense.run.model_copy(update={"network": NetworkSpec(layers=layers)})
    opened = trained_network(run, build(run.network, (1, 28, 28), 0).state_dict(), Runtime())
    cut = penultimate(opened)
    assert len(cut) == modules and all(mine is own for mine, own in zip(cut, opened.network, strict=False))
    assert penultimate_title(opened.reports) == title


def test_an_image_that_is_all_zero_in_the_penultimate_layer_says_so(digit: np.ndarray) -> None:
    silent = train(Flatten(), Dense(units=6), Dense(units=10, activation=Identity()), training_size=60)
    names = list(silent.weights)
    silent.weights[names[1]] = torch.full((6,), -1e6)
    found = asked(silent, digit)[1]
    assert found.zero and found.cosine.distances.tolist() == [1] * 9 and found.euclidean.distances.tolist() == [0] * 9
    assert asked(silent, np.zeros_like(digit))[1].answer == found.answer


def test_weights_that_are_no_numbers_are_told_in_words(dense: Trained, digit: np.ndarray) -> None:
    broken = {name: tensor * float("nan") for name, tensor in dense.weights.items()}
    with pytest.raises(PlaygroundError, match="not a number"):
        drain(nearest_neighbours(dense.run.to_json(), broken, digit))
