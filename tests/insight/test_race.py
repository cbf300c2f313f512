"""Races on test surfaces: against steps written out in numpy."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from playground.catalog import OPTIMIZERS
from playground.catalog.optimizers import SGD, Adam, OptimizerEntry
from playground.insight.race import (
    NEAR,
    RATES,
    Lane,
    Path,
    another,
    best_rates,
    is_lane,
    lane_on,
    lanes,
    race,
    race_task,
    rank,
    told_apart,
)
from playground.insight.surfaces import SURFACES, Surface

Doubles = NDArray[np.float64]
BOWL, START = SURFACES["bowl"], (-3.0, 2.0)

surfaces = pytest.mark.parametrize("surface", SURFACES.values(), ids=list(SURFACES))


def _alone(optimizer: OptimizerEntry, steps: int = 20, surface: Surface = BOWL, start: tuple[float, float] = START) -> Path:
    (path,) = race(surface, [Lane("it", optimizer)], start, steps)
    return path


def _result(running: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(running)
        except StopIteration as end:
            return end.value


def _sgd(rate: float, momentum: float, steps: int) -> Doubles:
    """On the bowl the gradient is the place itself."""
    place, velocity, found = np.array(START), np.zeros(2), [START]
    for _ in range(steps):
        velocity = momentum * velocity + place
        place = place - rate * velocity
        found.append(tuple(place))
    return np.array(found)


def _adam(rate: float, steps: int) -> Doubles:
    place, mean, square, found = np.array(START), np.zeros(2), np.zeros(2), [START]
    for step in range(1, steps + 1):
        mean, square = 0.9 * mean + 0.1 * place, 0.999 * square + 0.001 * place**2
        place = place - rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        found.append(tuple(place))
    return np.array(found)


def test_steps_on_the_bowl_are_those_of_the_textbook() -> None:
    assert np.allclose(_alone(SGD(learning_rate=0.1)).places, _sgd(0.1, 0.0, 20))
    assert np.allclose(_alone(SGD(learning_rate=0.1, momentum=0.9)).places, _sgd(0.1, 0.9, 20))
    assert np.allclose(_alone(Adam(learning_rate=0.3)).places, _adam(0.3, 20))


@surfaces
def test_the_start_is_shown_and_nothing_that_is_shown_lies_below_a_minimum(surface: Surface) -> None:
    x, y, heights = surface.grid()
    assert heights.min() >= surface.lowest - 1e-12
    for places in (surface.start, *surface.minima):
        assert x[0] <= places[0] <= x[-1] and y[0] <= places[1] <= y[-1]
    assert heights[3, 5] == pytest.approx(surface.height_at((float(x[5]), float(y[3]))))
    assert surface.title and surface.help[-1] == "." and surface.formula and "(http" in surface.source


@surfaces
def test_a_minimum_is_flat_and_bends_upwards_and_all_are_equally_low(surface: Surface) -> None:
    for minimum in surface.minima:
        place = torch.tensor(minimum, dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(surface.height(place[0], place[1]), place)
        assert gradient.abs().max() < 1e-12
        bends = torch.autograd.functional.hessian(lambda p: surface.height(p[0], p[1]), place.detach())
        assert (torch.linalg.eigvalsh(bends) > 0).all()
        assert surface.height_at(minimum) == pytest.approx(surface.lowest)


def test_the_surfaces_by_hand() -> None:
    by_hand = {
        "bowl": (2.0**2 + 3.0**2) / 2,
        "ravine": (2.0**2 + 25 * 3.0**2) / 2,
        "saddle": 2.0**2 / 2 - 3.0**2 / 2 + 3.0**4 / 4,
        "rosenbrock": (1 - 2.0) ** 2 + 100 * (3 - 2.0**2) ** 2,
        "beale": (1.5 - 2 + 6) ** 2 + (2.25 - 2 + 18) ** 2 + (2.625 - 2 + 54) ** 2,
    }
    assert {kind: surface.height_at((2.0, 3.0)) for kind, surface in SURFACES.items()} == pytest.approx(by_hand)


def test_every_optimizer_of_the_catalogue_can_race_and_a_new_one_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Newcomer(SGD):
        title = "Newcomer"

    assert {type(lane.optimizer) for lane in lanes().values()} == set(OPTIMIZERS.values())
    assert {"sgd+momentum", "rmsprop+momentum"} <= set(lanes())
    monkeypatch.setitem(OPTIMIZERS, "newcomer", Newcomer)
    assert lanes()["newcomer"].name == "Newcomer"
    assert lane_on(BOWL, "newcomer").optimizer == Newcomer()


def test_an_optimizer_takes_part_once_more_with_half_the_rate_of_the_time_before() -> None:
    assert [another("adam", taken) for taken in ((), ("adam",), ("adam.2",), ("adam.3",))] == [
        "adam.2",
        "adam.2",
        "adam.3",
        "adam.2",
    ]
    assert another("sgd+momentum.2", ("sgd+momentum", "sgd+momentum.2")) == "sgd+momentum.3"
    racers = [lane_on(BOWL, key) for key in ("sgd+momentum", "sgd+momentum.2", "sgd+momentum.3")]
    assert [lane.name for lane in racers] == ["SGD + momentum", "SGD + momentum 2", "SGD + momentum 3"]
    assert [lane.optimizer.learning_rate for lane in racers] == pytest.approx([0.02, 0.01, 0.005])
    assert {lane.optimizer.model_dump()["momentum"] for lane in racers} == {0.9}


def test_only_what_the_catalogue_has_is_a_lane() -> None:
    assert all(is_lane(key) and is_lane(f"{key}.2") and is_lane(f"{key}.12") for key in lanes())
    assert not any(is_lane(key) for key in ("lion", "adam.1", "adam.0", "adam.x", "adam.2.2", "adam.", "adam.99999", "", ".2"))


def test_those_of_one_optimizer_are_called_by_what_tells_them_apart() -> None:
    racers = {
        "sgd": Lane("SGD", SGD(learning_rate=0.1)),
        "adam": Lane("Adam", Adam()),
        "sgd.2": Lane("SGD 2", SGD(learning_rate=0.5, momentum=0.9, nesterov=True)),
        "sgd+momentum": Lane("SGD + momentum", SGD(momentum=0.9)),
    }
    assert [lane.name for lane in told_apart(racers)] == [
        "SGD (rate 0.1, momentum 0, no nesterov)",
        "Adam",
        "SGD 2 (rate 0.5, momentum 0.9, nesterov)",
        "SGD + momentum",
    ]
    assert [lane.optimizer for lane in told_apart(racers)] == [lane.optimizer for lane in racers.values()]
    same = {"sgd": Lane("SGD", SGD()), "sgd.2": Lane("SGD 2", SGD())}
    assert [lane.name for lane in told_apart(same)] == ["SGD", "SGD 2"]


@surfaces
def test_each_comes_with_a_rate_for_the_surface_and_nobody_flies_away_with_it(surface: Surface) -> None:
    assert set(surface.rates) == set(lanes())
    running = [lane_on(surface, key) for key in lanes()]
    assert [lane.optimizer.learning_rate for lane in running] == [surface.rates[key] for key in lanes()]
    for path in race(surface, running, surface.start, 150):
        assert path.flew_away is None
        assert path.heights[-1] < path.heights[0] - 0.5 * (path.heights[0] - surface.lowest)


def test_nobody_is_disturbed_by_the_others() -> None:
    surface = SURFACES["beale"]
    running = [lane_on(surface, key) for key in lanes()]
    for lane, path in zip(running, race(surface, running, surface.start, 30), strict=True):
        assert np.array_equal(path.places, _alone(lane.optimizer, 30, surface, surface.start).places)


def test_who_flies_away_is_stopped_and_what_is_kept_are_numbers() -> None:
    near, far = race(BOWL, [Lane("a", SGD(learning_rate=0.1)), Lane("b", SGD(learning_rate=5.0))], START, 100)
    assert near.flew_away is None and len(near.places) == 101
    assert far.flew_away is not None and len(far.places) == far.flew_away < 10
    assert np.isfinite(far.places).all() and np.isfinite(far.heights).all() and far.arrived is None
    beyond = _alone(SGD(learning_rate=10.0), 30, SURFACES["beale"], (4.5, 4.5))
    assert beyond.flew_away == 1 and beyond.places.tolist() == [[4.5, 4.5]]


def test_who_has_arrived_stays_near() -> None:
    path = _alone(SGD(learning_rate=0.1, momentum=0.9), 150)
    limit = NEAR * path.heights[0]
    assert path.arrived is not None
    assert (path.heights[path.arrived :] <= limit).all() and path.heights[path.arrived - 1] > limit
    assert (path.heights[: path.arrived] <= limit).any()  # it passed the bottom before, and came out again
    assert path.distance == pytest.approx(float(np.hypot(*path.places[-1])))
    assert _alone(SGD(learning_rate=0.001), 10).arrived is None
    assert _alone(SGD(), 5, start=(0.0, 0.0)).arrived == 0


def test_the_nearest_of_several_minima_counts() -> None:
    assert _alone(SGD(learning_rate=0.1), 200, SURFACES["saddle"], (1.0, -0.5)).distance < 1e-6


def test_on_the_ridge_itself_nobody_finds_the_way_down() -> None:
    path = _alone(SGD(learning_rate=0.1), 300, SURFACES["saddle"], (-1.8, 0.0))
    assert np.allclose(path.places[-1], 0.0, atol=1e-6) and path.arrived is None


def test_a_task_runs_the_same_race_and_tells_how_far_it_is() -> None:
    racers = [lane_on(BOWL, key) for key in ("sgd", "adam")]
    running, told = race_task("bowl", racers, START, 60), []
    try:
        while True:
            told.append(next(running))
    except StopIteration as end:
        paths = end.value
    assert [progress.done for progress in told] == [0, 20, 40, 60] and told[0].total == 60
    for path, other in zip(paths, race(BOWL, racers, START, 60), strict=True):
        assert np.array_equal(path.places, other.places)


def test_the_best_rate_beats_every_other_one() -> None:
    racers = [Lane("plain", SGD()), Lane("adam", Adam())]
    found = _result(best_rates("ravine", racers, (-3.4, 1.1), 60))
    for lane, best in zip(racers, found, strict=True):
        own = {
            rate: rank(_alone(lane.optimizer.model_copy(update={"learning_rate": rate}), 60, SURFACES["ravine"], (-3.4, 1.1)))
            for rate in RATES
        }
        assert own[best] == min(own.values())
    assert found[0] == 0.05  # beyond 2 / 25 plain steps leave the ravine
