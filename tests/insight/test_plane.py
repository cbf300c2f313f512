"""The plane against plain torch and numpy: the surface, the tiles, the losses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from playground.catalog.activations import Identity, ReLU, Tanh
from playground.catalog.layers import ActivationLayer, BatchNorm, Dense, Dropout, Flatten, LayerNorm
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, MeanSquaredError
from playground.data.points import drawn
from playground.errors import PlaygroundError
from playground.insight.plane import GRID, MANY_NEURONS, SMALL_TILE, TILE, blank_look, colour_limit, first_weights, look
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec

Weights = Mapping[str, Tensor]


def run_of(name: str, *layers: object, loss: object = None, normalise: bool = False, **points: object) -> RunSpec:
    """A run on points; raw coordinates reach the network unless `normalise`."""
    return RunSpec(
        network=NetworkSpec(layers=layers),
        dataset=DatasetSpec(name=name, points=PointsSpec(num_points=60, **points), validation_share=0.0, normalise=normalise),
        training=TrainingSpec(loss=loss or BinaryCrossEntropyLogits()),
        seed=5,
    )


def dense(units: int, activation: object = None) -> Dense:
    return Dense(units=units, activation=activation or Tanh())


def last(units: int = 1) -> Dense:
    return dense(units, Identity())


def plane_points() -> np.ndarray:
    """The centres of the cells as a picture has them: from the upper left corner, row by row."""
    width = 12 / GRID
    return np.array([[-6 + (column + 0.5) * width, 6 - (row + 0.5) * width] for row in range(GRID) for column in range(GRID)])


def linear(inputs: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    return inputs @ weights[f"{name}.weight"].double().numpy().T + weights[f"{name}.bias"].double().numpy()


def randomised(run: RunSpec) -> dict[str, Tensor]:
    """Other weights than the first, and statistics that a batch norm may have gathered."""
    draws = torch.Generator().manual_seed(1)
    return {
        name: tensor if not tensor.is_floating_point() else torch.rand(tensor.shape, generator=draws) + 0.2
        for name, tensor in first_weights(run).items()
    }


def test_the_surface_of_one_logit_is_the_sigmoid_of_the_network_at_every_place() -> None:
    run = run_of("circles", dense(4), last())
    weights = first_weights(run)
    seen = look(run, weights)
    logits = linear(np.tanh(linear(plane_points(), weights, "0_dense_0")), weights, "1_dense_0")
    assert seen.surface is not None
    np.testing.assert_allclose(seen.surface[0].ravel(), 1 / (1 + np.exp(-logits[:, 0])), atol=1e-5)
    assert (seen.task, len(seen.class_names)) == ("binary", 2)


def test_of_two_softmax_outputs_the_second_class_is_drawn() -> None:
    run = run_of("circles", dense(3), last(2), loss=CrossEntropy())
    weights = first_weights(run)
    outputs = linear(np.tanh(linear(plane_points(), weights, "0_dense_0")), weights, "1_dense_0")
    seen = look(run, weights)
    assert seen.surface is not None and seen.surface.shape == (1, GRID, GRID)
    np.testing.assert_allclose(seen.surface[0].ravel(), 1 / (1 + np.exp(outputs[:, 0] - outputs[:, 1])), atol=1e-5)


def test_several_classes_have_a_plane_of_probabilities_each() -> None:
    run = run_of("blobs", dense(5, ReLU()), last(4), loss=CrossEntropy(), classes=4)
    weights = first_weights(run)
    hidden = np.maximum(0, linear(plane_points(), weights, "0_dense_0"))
    exponentials = np.exp(linear(hidden, weights, "1_dense_0"))
    seen = look(run, weights)
    assert seen.surface is not None
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(seen.surface.reshape(4, -1).T, expected, atol=1e-5)


def test_a_regression_is_drawn_in_the_target_s_own_unit_from_standardised_inputs() -> None:
    names = ("x1", "x2_squared", "sin_x2")
    run = run_of("sine", dense(3), last(), loss=MeanSquaredError(), normalise=True, inputs=names)
    weights = first_weights(run)
    points = drawn("sine", run.dataset.points or PointsSpec())

    def seen_by_network(places: np.ndarray) -> np.ndarray:
        return np.stack([places[:, 0], places[:, 1] ** 2, np.sin(places[:, 1])], axis=1)

    train = seen_by_network(points.train_points.double().numpy())
    inputs = (seen_by_network(plane_points()) - train.mean(axis=0)) / train.std(axis=0)
    output = linear(np.tanh(linear(inputs, weights, "0_dense_0")), weights, "1_dense_0")
    target = points.train_y.double().numpy()
    seen = look(run, weights)
    assert seen.surface is not None
    np.testing.assert_allclose(seen.surface[0].ravel(), (output * target.std() + target.mean())[:, 0], atol=1e-4)


def test_all_layers_that_take_numbers_work_as_in_evaluation() -> None:
    layers = (Flatten(), last(3), BatchNorm(), ActivationLayer(function=Tanh()), Dropout(rate=0.5), LayerNorm(), last())
    run = run_of("moons", *layers)
    weights = randomised(run)
    seen = look(run, weights)
    values = linear(plane_points(), weights, "1_dense_0")
    norm = {
        name: weights[f"2_batch_norm_0.{name}"].double().numpy() for name in ("running_mean", "running_var", "weight", "bias")
    }
    values = (values - norm["running_mean"]) / np.sqrt(norm["running_var"] + 1e-5) * norm["weight"] + norm["bias"]
    values = np.tanh(values)
    values = (values - values.mean(axis=1, keepdims=True)) / np.sqrt(values.var(axis=1, keepdims=True) + 1e-5)
    values = values * weights["5_layer_norm_0.weight"].double().numpy() + weights["5_layer_norm_0.bias"].double().numpy()
    assert seen.surface is not None
    np.testing.assert_allclose(
        seen.surface[0].ravel(), 1 / (1 + np.exp(-linear(values, weights, "6_dense_0")[:, 0])), rtol=1e-3, atol=1e-4
    )
    assert [column.weight is not None for column in seen.columns] == [False, True, False, False, False, False, True]


def test_a_neuron_s_tile_is_its_output_after_its_activation() -> None:
    run = run_of("xor", dense(2), last())
    weights = dict(first_weights(run))
    weights["0_dense_0.weight"] = torch.tensor([[0.5, 0.0], [0.0, -0.25]])
    weights["0_dense_0.bias"] = torch.tensor([0.0, 1.0])
    column = look(run, weights).columns[0]
    assert column.tiles is not None and column.tiles.shape == (2, TILE, TILE)
    along = -6 + (np.arange(TILE) + 0.5) * 12 / TILE
    edge = np.tanh(0.5 * (6 - 6 / GRID))  # the outermost cell of the fine grid
    expected = 128 + np.round(127 * np.tanh(0.5 * along) / edge)
    assert np.abs(column.tiles[0].astype(int) - expected[None, :]).max() <= 1
    assert (column.low[0], column.high[0]) == (pytest.approx(-edge), pytest.approx(edge))
    downwards = np.tanh(1 - 0.25 * along[::-1])  # from x2 = 6 at the top
    expected = 128 + np.round(127 * downwards / np.tanh(1 + 0.25 * (6 - 6 / GRID)))
    assert np.abs(column.tiles[1].astype(int) - expected[:, None]).max() <= 1


def test_a_neuron_that_says_next_to_nothing_is_drawn_faintly() -> None:
    run = run_of("xor", dense(2), last())
    weights = dict(first_weights(run))
    weights["0_dense_0.weight"] = torch.tensor([[1.0, 0.0], [0.0001, 0.0]])
    weights["0_dense_0.bias"] = torch.zeros(2)
    tiles = look(run, weights).columns[0].tiles
    assert tiles is not None
    assert np.abs(tiles[1].astype(int) - 128).max() <= 1 < np.abs(tiles[0].astype(int) - 128).max()


def test_losses_and_scores_are_those_of_these_weights() -> None:
    run = run_of("circles", dense(4), last(), normalise=True, noise=0.3)
    weights = randomised(run)
    points = drawn("circles", run.dataset.points or PointsSpec())
    train = points.train_points.double().numpy()
    seen = look(run, weights)
    for places, y, measured in (
        (points.train_points, points.train_y, seen.train),
        (points.test_points, points.test_y, seen.test),
    ):
        inputs = (places.double().numpy() - train.mean(axis=0)) / train.std(axis=0)
        logits = torch.tensor(linear(np.tanh(linear(inputs, weights, "0_dense_0")), weights, "1_dense_0")[:, 0])
        assert measured is not None
        assert measured.loss == pytest.approx(float(F.binary_cross_entropy_with_logits(logits, y.double())), abs=1e-5)
        assert measured.accuracy == pytest.approx(float(((logits > 0).long() == y).double().mean()))


def test_the_score_of_a_regression_is_r_squared() -> None:
    run = run_of("plane", last(), loss=MeanSquaredError(), noise=0.2)
    weights = {"0_dense_0.weight": torch.tensor([[0.1, 0.05]]), "0_dense_0.bias": torch.tensor([0.02])}
    points = drawn("plane", run.dataset.points or PointsSpec())
    seen = look(run, weights)
    output = 0.1 * points.test_points[:, 0] + 0.05 * points.test_points[:, 1] + 0.02
    target = points.test_y[:, 0]
    assert seen.test is not None
    assert seen.test.loss == pytest.approx(float(F.mse_loss(output, target)), rel=1e-4)
    assert seen.test.accuracy == pytest.approx(
        1 - float(((output - target) ** 2).sum() / ((target - target.mean()) ** 2).sum()), rel=1e-4
    )


def test_each_look_is_of_its_own_weights_though_the_network_is_kept() -> None:
    run = run_of("circles", last())
    weights = dict(first_weights(run))
    before = look(run, weights)
    after = look(run, weights | {"0_dense_0.bias": weights["0_dense_0.bias"] + 2})
    assert before.surface is not None and after.surface is not None
    assert after.surface.mean() > before.surface.mean()
    assert before.columns[0].bias is not None and after.columns[0].bias is not None
    assert after.columns[0].bias[0] == pytest.approx(before.columns[0].bias[0] + 2)
    assert torch.equal(weights["0_dense_0.bias"], first_weights(run)["0_dense_0.bias"])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_told_and_not_drawn(value: float) -> None:
    run = run_of("circles", dense(4), last())
    weights = dict(first_weights(run))
    weights["0_dense_0.weight"] = weights["0_dense_0.weight"].clone()
    weights["0_dense_0.weight"][1, 0] = value
    seen = look(run, weights)
    assert (seen.surface, seen.train, seen.test) == (None, None, None)
    assert "1 of the network's 17 weights" in seen.problem and "smaller learning rate" in seen.problem
    if np.isnan(value):
        assert seen.columns[0].tiles is None and seen.columns[1].tiles is None


def test_an_answer_beyond_all_numbers_is_told_though_the_weights_are_finite() -> None:
    run = run_of("plane", dense(2, ReLU()), last(), loss=MeanSquaredError())
    weights = {name: torch.full_like(tensor, 1e30) for name, tensor in first_weights(run).items()}
    seen = look(run, weights)
    assert seen.surface is None and "answer is not a number" in seen.problem


def test_weights_of_another_network_are_refused_in_words() -> None:
    weights = first_weights(run_of("circles", dense(4), last()))
    with pytest.raises(PlaygroundError, match="do not fit"):
        look(run_of("circles", dense(5), last()), weights)


def test_inputs_show_all_seven_and_which_are_on() -> None:
    run = run_of("circles", last(), inputs=("x2", "x1_times_x2"))
    seen = look(run, first_weights(run))
    assert [one.name for one in seen.inputs if one.on] == ["x2", "x1_times_x2"]
    assert len(seen.inputs) == 7
    x1_squared = seen.inputs[2]
    assert x1_squared.low == pytest.approx(0.1**2) and x1_squared.high == pytest.approx(5.9**2)


def test_many_neurons_have_smaller_tiles() -> None:
    run = run_of("circles", dense(MANY_NEURONS), last())
    tiles = look(run, first_weights(run)).columns[0].tiles
    assert tiles is not None and tiles.shape == (MANY_NEURONS, SMALL_TILE, SMALL_TILE)


def test_a_plane_without_a_point_can_still_be_drawn() -> None:
    run = run_of("painted", dense(4), last())
    seen = blank_look(run, "There is no point yet.")
    assert seen.surface is None and seen.problem == "There is no point yet."
    assert len(seen.points.train_y) == 0
    assert [column.units for column in seen.columns] == [4, 1]
    one = run_of("painted", dense(4), last(), painted=((1.0, -2.0, 1.0),))
    assert blank_look(one).points.train_points.tolist() == [[1.0, -2.0]]
    assert blank_look(one).points.train_y.tolist() == [1]


@pytest.mark.parametrize(("largest", "limit"), [(0.9, 1.0), (1.0, 1.0), (1.2, 2.0), (36.0, 50.0), (0.0, 1.0), (0.03, 0.05)])
def test_the_colours_reach_to_a_round_number_beyond_every_target(largest: float, limit: float) -> None:
    assert colour_limit(torch.tensor([[largest], [-largest / 2]])) == pytest.approx(limit)


def test_the_thread_count_is_left_as_it_was() -> None:
    run = run_of("circles", last())
    before = torch.get_num_threads()
    look(run, first_weights(run))
    assert torch.get_num_threads() == before
