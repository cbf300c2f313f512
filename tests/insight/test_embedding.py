"""Maps of images: against scikit-learn and against linear algebra by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import orthogonal_procrustes
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits
from trained_runs import Trained, drain

from playground.catalog.activations import Identity, ReLU
from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.errors import PlaygroundError
from playground.insight import principal as principal_module
from playground.insight.embedding import Embedding, align, embed, most_perplexity
from playground.insight.layer_vectors import LayerVectors
from playground.insight.neighbourhoods import neighbourhoods
from playground.insight.networks import trained_network
from playground.insight.principal import COMPONENTS, Principal, principal
from playground.insight.stepwise_tsne import start_places, tsne
from playground.network import build
from playground.spec import DatasetSpec, NetworkSpec, RunSpec


def _embed(trained: Trained, *layers: int, **wish: object) -> Embedding:
    wanted = {"split": "test", "method": "PCA", "images": 200, "perplexity": 20.0} | wish
    return drain(embed(trained.run.to_json(), trained.weights, layers=layers, **wanted))[1]


def _vectors(trained: Trained, layer: int, count: int = 150) -> LayerVectors:
    network = trained_network(trained.run, trained.weights)
    return LayerVectors(network, network.split("test")[0][:count], layer)


def _rows(vectors: LayerVectors) -> np.ndarray:
    return torch.cat(list(vectors.slices())).double().numpy()


def _untrained(*layers: object) -> Trained:
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=DatasetSpec(name="mnist-5k", training_size=200))
    return Trained(run, build(run.network, (1, 28, 28), 0).state_dict(), 0, 0.0, 0.0)


def _same_up_to_sign(found: np.ndarray, wanted: np.ndarray, tolerance: float) -> None:
    signs = np.sign((found * wanted).sum(axis=0))
    np.testing.assert_allclose(found, wanted * signs, atol=tolerance * np.abs(wanted).max())


def test_a_layers_rows_are_what_its_modules_give(convolution: Trained) -> None:
    vectors = _vectors(convolution, 2)
    network, inputs = vectors.trained.network, vectors.trained.batches.inputs(vectors.images)
    with torch.inference_mode():
        normalised = network[:3](inputs)  # convolution, ReLU, batch norm
    np.testing.assert_allclose(_rows(vectors), normalised.flatten(1).numpy(), atol=1e-5)
    np.testing.assert_allclose(_rows(_vectors(convolution, 0)), inputs.flatten(1).numpy(), atol=1e-6)
    assert vectors.title.startswith("2. BatchNorm") and vectors.dimensions == normalised[0].numel()


def test_what_does_not_fit_into_memory_is_computed_anew_and_is_the_same(
    convolution: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = _rows(_vectors(convolution, 1))
    monkeypatch.setattr("playground.insight.layer_vectors.KEPT_NUMBERS", 10)
    vectors = _vectors(convolution, 1)
    np.testing.assert_array_equal(_rows(vectors), kept)
    np.testing.assert_array_equal(_rows(vectors), kept)


def test_the_principal_components_are_those_of_a_singular_value_decomposition(dense: Trained) -> None:
    vectors = _vectors(dense, 0)
    rows = _rows(vectors)
    centred = rows - rows.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    found: Principal = drain(principal(vectors))[1]
    assert found.scores.shape == (150, COMPONENTS)
    _same_up_to_sign(found.scores, (left * sizes)[:, :COMPONENTS], 1e-7)
    np.testing.assert_allclose(found.shares, (sizes**2 / (sizes**2).sum())[:COMPONENTS], rtol=1e-8)
    farthest = found.scores[np.abs(found.scores).argmax(axis=0), np.arange(COMPONENTS)]
    assert (farthest > 0).all()


def test_wide_layers_have_scikit_learns_components_without_being_held_in_memory(
    convolution: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.insight.layer_vectors.KEPT_NUMBERS", 10)
    vectors = _vectors(convolution, 1, 400)
    assert vectors.dimensions > principal_module.EXACT_DIMENSIONS
    found: Principal = drain(principal(vectors))[1]
    exact = PCA(svd_solver="full").fit(_rows(vectors))
    wanted = exact.transform(_rows(vectors))
    _same_up_to_sign(found.scores[:, :5], wanted[:, :5], 2e-3)
    np.testing.assert_allclose(found.shares[:10], exact.explained_variance_ratio_[:10], rtol=1e-3)
    assert found.shares.sum() == pytest.approx(exact.explained_variance_ratio_[:COMPONENTS].sum(), rel=1e-2)


def test_t_sne_in_steps_is_that_of_scikit_learn_to_the_bit() -> None:
    draws = np.random.default_rng(5)
    rows = (draws.normal(size=(90, 8)) + 4 * draws.integers(0, 2, size=(90, 1))).astype(np.float32)
    start = rows[:, :2].astype(np.float64)
    shares, (places, divergence) = drain(tsne(rows, start, 10.0))
    with threadpool_limits(1):
        whole = TSNE(perplexity=10.0, init=start_places(start), n_jobs=1).fit(rows)
    np.testing.assert_array_equal(places, whole.embedding_)
    assert divergence == pytest.approx(whole.kl_divergence_, rel=1e-6)
    assert shares == sorted(shares) and len(shares) > 250


def test_the_two_figures_of_a_map_are_those_of_scikit_learn() -> None:
    draws = np.random.default_rng(1)
    vectors, places, labels = draws.normal(size=(230, 6)), draws.normal(size=(230, 2)), draws.integers(0, 4, 230)
    for shown in (places, vectors[:, :2], vectors[:, :2] ** 3):
        trust, agreement = drain(neighbourhoods(vectors, shown, labels))[1]
        assert trust == pytest.approx(trustworthiness(vectors, shown, n_neighbors=10), abs=1e-12)
    nearest = NearestNeighbors(n_neighbors=10).fit(vectors).kneighbors(return_distance=False)
    assert agreement == pytest.approx((labels[nearest] == labels[:, None]).mean(), abs=1e-12)


def test_maps_are_turned_as_scipy_would_turn_them() -> None:
    draws = np.random.default_rng(2)
    before, places = draws.normal(size=(40, 2)) + 3, draws.normal(size=(40, 2)) * 7
    aligned = align(places.astype(np.float32), before.astype(np.float32))
    moved, target = places - places.mean(axis=0), before - before.mean(axis=0)
    turned = moved @ orthogonal_procrustes(moved, target)[0]
    wanted = turned * np.linalg.norm(target) / np.linalg.norm(turned) + before.mean(axis=0)
    np.testing.assert_allclose(aligned, wanted, atol=1e-4)
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    again = align((5 * before @ turn * [1, -1] + 2).astype(np.float32), before.astype(np.float32))
    np.testing.assert_allclose(again, before, atol=1e-4)


def test_the_map_shows_the_first_two_components_and_what_the_network_says(dense: Trained) -> None:
    found = _embed(dense, 2, images=100)
    assert found.images.shape == (100, 1, 28, 28) and len(found) == 100
    vectors = LayerVectors(trained_network(dense.run, dense.weights), torch.from_numpy(found.images), 2)
    exact = PCA(2, svd_solver="full").fit(_rows(vectors))
    _same_up_to_sign(found.maps[0].places, exact.transform(_rows(vectors)), 1e-5)
    assert found.maps[0].shares == pytest.approx(tuple(exact.explained_variance_ratio_), rel=1e-6)
    with torch.inference_mode():
        outputs = vectors.trained.network(vectors.trained.batches.inputs(vectors.images))
    np.testing.assert_array_equal(found.predicted, outputs.argmax(dim=1).numpy())
    np.testing.assert_allclose(found.confidences, outputs.softmax(dim=1).max(dim=1).values.numpy(), rtol=1e-4)
    np.testing.assert_array_equal(vectors.trained.dataset.x_test[found.indices].numpy(), found.images)


def test_t_sne_keeps_neighbours_together_and_repeats_itself(dense: Trained) -> None:
    first, second = (_embed(dense, 2, method="t-SNE", images=150) for _ in range(2))
    np.testing.assert_array_equal(first.maps[0].places, second.maps[0].places)
    assert first.maps[0].trustworthiness > 0.9 > 0.6 > _trust_of_chance(150)
    other = _embed(dense, 2, method="t-SNE", images=150, seed=1)
    assert set(other.indices) != set(first.indices)


def _trust_of_chance(count: int) -> float:
    draws = np.random.default_rng(0)
    return float(drain(neighbourhoods(draws.normal(size=(count, 9)), draws.normal(size=(count, 2)), np.zeros(count, int)))[1][0])


def test_layers_lie_on_one_another_and_are_as_large(dense: Trained) -> None:
    progress = drain(embed(dense.run.to_json(), dense.weights, "training", (0, 2, 4, 5), "PCA", 120))
    found: Embedding = progress[1]
    assert [one.layer for one in found.maps] == [0, 2, 4, 5]
    spreads = [np.linalg.norm(one.places - one.places.mean(axis=0)) for one in found.maps]
    np.testing.assert_allclose(spreads, spreads[0], rtol=1e-4)
    for before, after in zip(found.maps, found.maps[1:], strict=False):
        np.testing.assert_allclose(align(after.places, before.places), after.places, atol=1e-3)
    done = [step.done for step in progress[0]]
    assert done == sorted(done) and done[-1] <= progress[0][-1].total


def test_a_dead_layer_is_told_and_a_layer_of_one_unit_has_a_line() -> None:
    trained = _untrained(Flatten(), Dense(units=6, activation=ReLU()), Dense(units=1, activation=Identity()), Dense(units=10))
    trained.weights["1_dense_0.bias"].fill_(-1e3)
    found = _embed(trained, 0, 2, 3, images=60, method="t-SNE", perplexity=5.0)
    assert [one.constant for one in found.maps] == [False, True, True]
    assert not found.maps[1].places.any() and found.maps[1].shares == (0.0, 0.0)
    trained.weights["1_dense_0.bias"].fill_(0.1)
    for method in ("PCA", "t-SNE"):
        line = _embed(trained, 3, images=60, method=method, perplexity=5.0).maps[0]
        assert not line.constant and line.shares == pytest.approx((1.0, 0.0)) and np.isfinite(line.places).all()


def test_two_hundred_classes_and_few_images_have_a_map() -> None:
    trained = _untrained(Conv2d(filters=2), Flatten(), Dense(units=200, activation=Identity()))
    assert _embed(trained, 3, images=5).maps[0].places.shape == (5, 2)


@pytest.mark.parametrize("perplexity", [0.5, 60.0, float("nan")])
def test_a_perplexity_that_does_not_fit_is_refused(dense: Trained, perplexity: float) -> None:
    with pytest.raises(PlaygroundError, match="between 1 and 19"):
        _embed(dense, 1, method="t-SNE", images=60, perplexity=perplexity)
    assert most_perplexity(60) == 19 and most_perplexity(5000) == 100


def test_too_few_images_no_validation_set_and_endless_weights_are_told(dense: Trained, without_validation: Trained) -> None:
    with pytest.raises(PlaygroundError, match="at least 5"):
        _embed(dense, 1, images=3)
    with pytest.raises(PlaygroundError, match="validation"):
        _embed(without_validation, 1, split="validation")
    broken = {name: torch.full_like(values, float("nan")) for name, values in dense.weights.items()}
    with pytest.raises(PlaygroundError, match="infinite"):
        drain(embed(dense.run.to_json(), broken, "test", (1,), "PCA", 50))
    huge = {name: values * 1e38 for name, values in dense.weights.items()}
    with pytest.raises(PlaygroundError, match="infinite"):
        drain(embed(dense.run.to_json(), huge, "test", (2,), "PCA", 50))
