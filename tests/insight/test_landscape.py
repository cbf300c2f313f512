"""The loss around the weights: against closed forms, and directions by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from trained_runs import Trained, drain

from playground.catalog.activations import Identity, ReLU
from playground.catalog.layers import BatchNorm, Dense, Flatten, LayerNorm
from playground.catalog.losses import MeanSquaredError
from playground.errors import PlaygroundError
from playground.insight.directions import difference, random_plane, trajectory_plane
from playground.insight.evaluation import evaluate
from playground.insight.landscape import Landscape, Moment, axes, landscape
from playground.insight.networks import trained_network
from playground.network import build
from playground.seeds import generator
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec

INPUT = (1, 28, 28)


def _run(*layers: object, **training: object) -> RunSpec:
    dataset = DatasetSpec(name="mnist-5k", training_size=200)
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=TrainingSpec(**training))


LINEAR = _run(Flatten(), Dense(units=10, activation=Identity()), loss=MeanSquaredError())


def _weights(run: RunSpec, seed: int = 0) -> dict[str, Tensor]:
    return build(run.network, INPUT, seed).state_dict()


def _landscape(run: RunSpec, weights: dict[str, Tensor], **wish: object) -> Landscape:
    wanted = {"split": "training", "kind": "random", "points": 5, "reach": 1.0, "images": 100} | wish
    return drain(landscape(run.to_json(), weights, **wanted))[1]


def _moments(run: RunSpec, count: int) -> list[Moment]:
    """Weights on a bent way from one start to another."""
    first, last, aside = (_weights(run, seed) for seed in (1, 2, 3))
    shares = [(index / max(1, count - 1)) for index in range(count)]
    return [
        Moment(
            10 * index,
            index / 2,
            {name: (1 - t) * first[name] + t * last[name] + t * (1 - t) * aside[name] for name in first},
        )
        for index, t in enumerate(shares)
    ]


def _flat(weights: dict[str, Tensor] | object) -> np.ndarray:
    return torch.cat([values.flatten().double() for values in weights.values()]).numpy()  # type: ignore[attr-defined]


def test_a_linear_network_with_squared_error_has_the_bowl_that_algebra_gives() -> None:
    weights = _weights(LINEAR)
    found = _landscape(LINEAR, weights, points=7, reach=0.8)
    trained = trained_network(LINEAR, weights)
    chosen = torch.randperm(len(trained.split("training")[0]), generator=generator(0, "map"))[:100]
    images, labels, _ = trained.split("training")
    inputs = trained.batches.inputs(images[chosen]).flatten(1).double()
    truth = F.one_hot(labels[chosen], 10).double()
    plane = random_plane(trained.network, 0)
    name = next(key for key, values in weights.items() if values.dim() == 2)
    bias = next(values for values in weights.values() if values.dim() == 1).double()
    # The loss is mean((r + x u + y v)^2): a quadratic whose six coefficients are inner products.
    r = inputs @ weights[name].double().T + bias - truth
    u, v = (inputs @ direction[name].double().T for direction in (plane.first, plane.second))
    for (row, y), (column, x) in itertools.product(enumerate(found.y), enumerate(found.x)):
        cross = 2 * (x * (r * u).mean() + y * (r * v).mean() + x * y * (u * v).mean())
        wanted = (r * r).mean() + x * x * (u * u).mean() + y * y * (v * v).mean() + cross
        assert found.losses[row, column] == pytest.approx(float(wanted), rel=1e-5)


def test_random_directions_are_as_long_as_each_filter_and_leave_biases_and_norms_alone(convolution: Trained) -> None:
    network = trained_network(convolution.run, convolution.weights).network
    plane = random_plane(network, 4)
    for direction in (plane.first, plane.second):
        for name, values in network.named_parameters():
            if values.dim() == 4 or name.endswith("dense_0.weight"):
                for unit in range(len(values)):
                    assert float(direction[name][unit].norm()) == pytest.approx(float(values[unit].detach().norm()), rel=1e-5)
            else:
                assert not direction[name].any()
    assert not np.allclose(_flat(plane.first), _flat(plane.second))
    np.testing.assert_array_equal(_flat(plane.first), _flat(random_plane(network, 4).first))
    assert not np.allclose(_flat(plane.first), _flat(random_plane(network, 5).first))


def test_layer_norms_of_images_keep_still_too() -> None:
    run = _run(LayerNorm(), Flatten(), Dense(units=10))
    plane = random_plane(build(run.network, INPUT, 0), 0)
    moved = [name for name, values in plane.first.items() if values.any()]
    assert moved == ["2_dense_0.weight"]


def test_a_place_in_the_plane_is_numpys_least_squares() -> None:
    network = build(LINEAR.network, INPUT, 0)
    plane = random_plane(network, 1)
    displacement = difference(_weights(LINEAR, 8), network.state_dict())
    x, y, inside = plane.project(displacement)
    matrix = np.stack([_flat(plane.first), _flat(plane.second)], axis=1)
    wanted, *_ = np.linalg.lstsq(matrix, _flat(displacement), rcond=None)
    assert (x, y) == pytest.approx(tuple(wanted), rel=1e-6)
    assert inside == pytest.approx(np.linalg.norm(matrix @ wanted) / np.linalg.norm(_flat(displacement)), rel=1e-6)
    mixed = {name: 3 * plane.first[name] - 2 * plane.second[name] for name in plane.first}
    assert plane.project(mixed) == pytest.approx((3, -2, 1), rel=1e-5)


def test_the_main_directions_of_a_path_are_its_singular_vectors() -> None:
    centre = {name: values for name, values in _weights(LINEAR).items()}
    displacements = [difference(one.weights, centre) for one in _moments(LINEAR, 6)]
    plane = trajectory_plane(displacements)
    rows = np.stack([_flat(one) for one in displacements])
    _, sizes, right = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    for direction, wanted in zip((plane.first, plane.second), right, strict=False):
        assert abs(_flat(direction) @ wanted) == pytest.approx(1, rel=1e-5)
        assert np.linalg.norm(_flat(direction)) == pytest.approx(1, rel=1e-5)
    assert plane.shares == pytest.approx(tuple((sizes**2 / (sizes**2).sum())[:2]), rel=1e-6)


def test_the_middle_is_the_networks_own_loss(convolution: Trained) -> None:
    size = len(trained_network(convolution.run, convolution.weights).split("validation")[0])
    found = _landscape(convolution.run, convolution.weights, split="validation", images=size)
    evaluation = drain(evaluate(convolution.run.to_json(), convolution.weights, "validation", 0))[1]
    assert found.centre_loss == pytest.approx(float(evaluation.losses.mean()), rel=1e-5)
    assert found.agrees and found.images == size and found.batch_norm
    assert found.losses.min() == pytest.approx(found.centre_loss, rel=0.2), "a trained network lies near the bottom"


@pytest.mark.parametrize("kind", ["random", "trajectory"])
def test_each_moment_of_the_path_has_its_own_loss_and_its_place(kind: str) -> None:
    weights, moments = _weights(LINEAR, 2), _moments(LINEAR, 5)
    found = _landscape(LINEAR, weights, kind=kind, moments=moments)
    assert [point.step for point in found.path] == [0, 10, 20, 30, 40]
    for point, moment in zip(found.path, moments, strict=True):
        alone = _landscape(LINEAR, dict(moment.weights), points=3)
        assert point.loss == pytest.approx(alone.centre_loss, rel=1e-6)
    assert (found.path[-1].x, found.path[-1].y) == pytest.approx((0, 0), abs=1e-6), "the path ends in the middle"
    assert (found.shares is None) == (kind == "random")
    if kind == "random":
        assert found.path[0].inside < 0.2
    else:
        assert found.path[0].inside > 0.9 and found.x.min() <= found.path[0].x <= found.x.max()


def test_the_path_lies_on_its_map_and_nought_is_on_the_grid() -> None:
    for path in ([(0.3, 9.0), (-4.0, 2.0), (0.0, 0.0)], [(1.0, 0.0), (5.0, 0.0)], [(-7.0, -3.0)]):
        x, y = axes("trajectory", 11, 1.0, path)
        for axis, values in zip((x, y), zip(*path, strict=True), strict=True):
            assert (axis == 0).sum() == 1 and axis[0] <= min(values) and max(values) <= axis[-1]
            np.testing.assert_allclose(np.diff(axis), np.diff(axis)[0])
        assert (y[-1] - y[0]) > 0.2 * (x[-1] - x[0]), "a straight path is given some room"
    x, y = axes("random", 25, 0.5, [])
    np.testing.assert_allclose(x, np.linspace(-0.5, 0.5, 25), atol=1e-12)
    assert x[12] == 0 == y[12]
    for points, reach in ((4, 1.0), (1, 1.0), (5, 0.0)):
        with pytest.raises(ValueError, match="odd"):
            axes("random", points, reach, [])


def test_nothing_of_the_weights_that_were_given_changes() -> None:
    weights = _weights(LINEAR)
    before = {name: values.clone() for name, values in weights.items()}
    _landscape(LINEAR, weights, moments=_moments(LINEAR, 3))
    assert all(torch.equal(before[name], weights[name]) for name in before)


def test_a_loss_without_end_is_counted_and_left_out() -> None:
    weights = _weights(LINEAR)
    weights["1_dense_0.weight"] *= 1e18  # the squares of the farther places do not fit into float32
    found = _landscape(LINEAR, weights, points=3, reach=100.0)
    assert 0 < found.not_finite == np.isnan(found.losses).sum() < 9


def test_progress_grows_to_the_end() -> None:
    steps, _ = drain(landscape(LINEAR.to_json(), _weights(LINEAR), "training", "random", 5, 1.0, _moments(LINEAR, 2)))
    done = [step.done for step in steps]
    assert done == sorted(done) and done[-1] == steps[-1].total - 1 and len(steps) > 25


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_moments_have_no_main_directions(count: int) -> None:
    with pytest.raises(PlaygroundError, match=f"Only {count} saved"):
        _landscape(LINEAR, _weights(LINEAR), kind="trajectory", moments=_moments(LINEAR, count))


def test_moments_on_one_line_or_on_one_spot_span_no_plane() -> None:
    one = _moments(LINEAR, 3)[0]
    line = [Moment(t, t, {name: (1 + t) * values for name, values in one.weights.items()}) for t in range(4)]
    for moments in ([one] * 4, line):
        with pytest.raises(PlaygroundError, match="plane"):
            _landscape(LINEAR, _weights(LINEAR), kind="trajectory", moments=moments)


def test_broken_moments_are_left_out_and_broken_weights_refused() -> None:
    weights = _weights(LINEAR)
    broken = {name: torch.full_like(values, float("nan")) for name, values in weights.items()}
    found = _landscape(LINEAR, weights, points=3, moments=[*_moments(LINEAR, 2), Moment(99, 9.0, broken)])
    assert [point.step for point in found.path] == [0, 10]
    with pytest.raises(PlaygroundError, match="infinite"):
        _landscape(LINEAR, broken)


def test_the_test_images_are_not_looked_at() -> None:
    with pytest.raises(PlaygroundError, match="test images"):
        _landscape(LINEAR, _weights(LINEAR), split="test")


def test_a_network_without_weights_has_no_landscape() -> None:
    for layers in ((Flatten(),), (BatchNorm(), Flatten())):
        with pytest.raises(PlaygroundError, match="no weights"):
            random_plane(build(_run(*layers).network, INPUT, 0), 0)


def test_two_hundred_classes_and_fifty_layers_have_one() -> None:
    deep = [Dense(units=4, activation=ReLU()) for _ in range(48)]
    run = _run(Flatten(), *deep, Dense(units=200, activation=Identity()))
    assert _landscape(run, _weights(run), points=3).agrees
