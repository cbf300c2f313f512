"""What all methods share: the question, bad input, slices, and the task."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from trained_runs import Trained, drain

from playground.catalog.activations import Identity, Softmax
from playground.catalog.layers import AvgPool, Conv2d, Dense, Flatten, GlobalAvgPool, LayerEntry, MaxPool
from playground.errors import PlaygroundError
from playground.insight.attribution import Attribution, attribute, attribute_now, attribution, convolutions, is_quick
from playground.insight.attribution_methods import METHODS, METHODS_BY_SLUG
from playground.insight.networks import TrainedNetwork, trained_network
from playground.network import build
from playground.spec import DatasetSpec, NetworkSpec, RunSpec
from playground.training.runtime import Runtime

SLUGS = [method.slug for method in METHODS]
ANY_NETWORK = [method.slug for method in METHODS if not method.needs_convolution]


def asked(trained: Trained) -> TrainedNetwork:
    return trained_network(trained.run, trained.weights, Runtime())


def untrained(*layers: LayerEntry) -> TrainedNetwork:
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=DatasetSpec(name="mnist-5k"))
    return trained_network(run, build(run.network, (1, 28, 28), 0).state_dict(), Runtime())


def explained(trained: TrainedNetwork, slug: str, target: int = 3, grey: int | None = None, **settings: float) -> Attribution:
    image = trained.dataset.x_test[7:8] if grey is None else torch.full((1, 1, 28, 28), grey, dtype=torch.uint8)
    return attribute_now(trained, trained.batches.inputs(image), target, slug, settings)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_map_lies_over_the_image_and_names_the_output(convolution: Trained, slug: str) -> None:
    trained = asked(convolution)
    found = explained(trained, slug)
    with torch.no_grad():
        output = float(trained.network(trained.batches.inputs(trained.dataset.x_test[7:8]))[0, 3])
    assert found.values.shape == (28, 28) and found.values.dtype == np.float32 and found.values.any()
    assert (found.method, found.target) == (slug, 3) and found.output == pytest.approx(output, rel=1e-5)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_task_gives_the_same_as_the_page_computes_itself(convolution: Trained, slug: str) -> None:
    trained = asked(convolution)
    image = trained.dataset.x_test[7].numpy()
    progress, found = drain(attribution(convolution.run.to_json(), convolution.weights, image, 3, slug, {}))
    assert len(progress) >= 2 and all(0 <= told.done <= told.total for told in progress)
    found = pickle.loads(pickle.dumps(found))
    np.testing.assert_allclose(found.values, explained(trained, slug).values, rtol=1e-3, atol=1e-5)


def test_only_integrated_gradients_have_a_sum_to_check(convolution: Trained) -> None:
    trained = asked(convolution)
    found = explained(trained, "integrated-gradients", steps=256)
    assert found.attributed == pytest.approx(found.values.astype(np.float64).sum(), abs=1e-4)
    assert found.attributed == pytest.approx(found.difference, rel=0.02)
    assert all(explained(trained, slug).attributed is None for slug in SLUGS if slug != "integrated-gradients")


def test_black_is_what_the_network_sees_of_a_black_image(convolution: Trained) -> None:
    trained = asked(convolution)
    assert trained.batches.inputs(torch.zeros(1, 1, 28, 28, dtype=torch.uint8)).max() < -0.1
    black = explained(trained, "integrated-gradients", grey=0)
    assert not black.values.any() and black.difference == 0
    assert not explained(trained, "occlusion", grey=0).values.any()


def test_grad_cam_looks_at_the_convolution_that_one_chooses() -> None:
    trained = untrained(
        Conv2d(filters=3, kernel_size=3),
        MaxPool(),
        Conv2d(filters=4, kernel_size=3),
        Flatten(),
        Dense(units=10, activation=Identity()),
    )
    assert convolutions(trained) == {0: "Conv 3 @ 3×3", 2: "Conv 4 @ 3×3"}
    first, second = (explained(trained, "grad-cam", layer=place) for place in (0, 2))
    assert first.coarse.shape == (28, 28) and second.coarse.shape == (14, 14) and first.values.shape == (28, 28)
    inputs = trained.batches.inputs(trained.dataset.x_test[7:8])
    maps = trained.network[:2](inputs)
    (slopes,) = torch.autograd.grad(trained.network[2:](maps)[0, 3], maps)
    expected = (slopes.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)[0]
    np.testing.assert_allclose(first.coarse, expected.detach().numpy(), rtol=1e-3, atol=1e-6)


def test_a_network_without_convolutions_is_told_what_applies(dense: Trained) -> None:
    trained = asked(dense)
    with pytest.raises(PlaygroundError, match="no convolution"):
        explained(trained, "grad-cam")
    for slug in ANY_NETWORK:
        assert explained(trained, slug).values.any()


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("grey", [0, 77, 255])
def test_an_image_of_one_grey_gets_finite_numbers(convolution: Trained, slug: str, grey: int) -> None:
    assert np.isfinite(explained(asked(convolution), slug, grey=grey).values).all()


@pytest.mark.parametrize("slug", SLUGS)
def test_weights_that_are_no_numbers_are_told_in_words(convolution: Trained, slug: str) -> None:
    weights = {name: tensor.clone() for name, tensor in convolution.weights.items()}
    weights["4_dense_0.weight"][0, 0] = float("nan")
    with pytest.raises(PlaygroundError, match="not a number"):
        explained(trained_network(convolution.run, weights, Runtime()), slug)


@pytest.mark.parametrize("slug", SLUGS)
def test_fifty_layers_and_two_hundred_classes_can_be_explained(slug: str) -> None:
    layers = (*(Conv2d(filters=2, kernel_size=3) for _ in range(48)), GlobalAvgPool(), Dense(units=200, activation=Softmax()))
    settings = {"steps": 8, "samples": 5, "window": 14, "stride": 14}
    found = explained(untrained(*layers), slug, 150, **settings)
    assert found.target == 150 and np.isfinite(found.values).all()


@pytest.mark.parametrize("slug", ANY_NETWORK)
def test_a_network_without_weights_can_be_explained(slug: str) -> None:
    trained = untrained(AvgPool(pool_size=8, stride=8), Flatten())
    found = explained(trained, slug, 4)
    assert found.values[8:16, 8:16].any(), "output 4 is the middle one of 3 x 3 blocks"
    if slug == "gradient":
        np.testing.assert_allclose(found.values[8:16, 8:16], 1 / 64)
        assert found.values.sum() == pytest.approx(1)


def test_a_class_that_the_network_does_not_have_is_refused() -> None:
    with pytest.raises(PlaygroundError, match="no number for this class"):
        explained(untrained(Flatten(), Dense(units=10)), "gradient", 10)


def test_settings_outside_their_bounds_are_brought_back() -> None:
    trained = untrained(Flatten(), Dense(units=10, activation=Identity()))
    few = explained(trained, "integrated-gradients", steps=-5)
    np.testing.assert_allclose(few.values, explained(trained, "integrated-gradients", steps=8).values)


def test_small_networks_are_quick_and_large_ones_go_to_a_worker() -> None:
    small = untrained(Conv2d(filters=16, kernel_size=3), MaxPool(), Flatten(), Dense(units=10, activation=Identity()))
    large = untrained(*(Conv2d(filters=32, kernel_size=5) for _ in range(4)), Flatten(), Dense(units=10, activation=Identity()))
    assert all(is_quick(small, method, {}) for method in METHODS)
    assert not any(is_quick(large, METHODS_BY_SLUG[slug], {}) for slug in ("integrated-gradients", "smooth-grad", "occlusion"))


def test_a_network_of_which_few_images_fit_into_a_slice_is_asked_in_many(convolution: Trained) -> None:
    trained = replace(asked(convolution), slice_size=9)
    inputs = trained.batches.inputs(trained.dataset.x_test[:1])
    progress, _ = drain(attribute(trained, inputs, 0, "smooth-grad", {"samples": 10}))
    assert [(told.done, told.total) for told in progress] == [(0, 10), (3, 10), (6, 10), (9, 10)]
