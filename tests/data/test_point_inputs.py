"""What the network sees of a point, by hand."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch

from playground.data.points import INPUTS, PlaneInput, features, plane_inputs
from playground.spec import POINT_INPUTS, PointInput, PointsSpec

POINTS = torch.tensor([[2.0, -3.0], [0.0, 0.5], [-1.5, 4.0]])
BY_HAND = {
    "x1": [2.0, 0.0, -1.5],
    "x2": [-3.0, 0.5, 4.0],
    "x1_squared": [4.0, 0.0, 2.25],
    "x2_squared": [9.0, 0.25, 16.0],
    "x1_times_x2": [-6.0, 0.0, -6.0],
    "sin_x1": [math.sin(2.0), 0.0, -math.sin(1.5)],
    "sin_x2": [-math.sin(3.0), math.sin(0.5), math.sin(4.0)],
}


@pytest.mark.parametrize("known", INPUTS, ids=lambda known: known.name)
def test_every_input_is_what_its_name_says(known: PlaneInput) -> None:
    assert known.compute(POINTS).tolist() == pytest.approx(BY_HAND[known.name])
    assert known.symbol and known.description.endswith(".")


@pytest.mark.parametrize("known", INPUTS, ids=lambda known: known.name)
def test_the_expression_of_an_input_gives_the_same_bits(known: PlaneInput) -> None:
    points = 12 * torch.rand(500, 2, generator=torch.Generator().manual_seed(3)) - 6
    said = eval(known.source, {"torch": torch, "x1": points[:, 0], "x2": points[:, 1]})
    assert torch.equal(said, known.compute(points))


def test_the_inputs_are_those_of_the_spec_in_its_order() -> None:
    assert tuple(known.name for known in INPUTS) == POINT_INPUTS == get_args(PointInput)
    assert len({known.symbol for known in INPUTS}) == 7


def test_features_are_columns_in_the_order_asked_for() -> None:
    seen = features(POINTS, ("x1_times_x2", "x1"))
    assert seen.dtype == torch.float32
    assert seen.tolist() == [[-6.0, 2.0], [0.0, 0.0], [-6.0, -1.5]]
    assert features(POINTS, PointsSpec().inputs).tolist() == POINTS.tolist()
    assert [known.symbol for known in plane_inputs(("x1_squared", "sin_x2"))] == ["x₁²", "sin x₂"]


def test_no_inputs_and_no_points_are_empty_tables() -> None:
    assert features(POINTS, ()).shape == (3, 0)
    assert features(POINTS[:0], ("x1", "sin_x1")).shape == (0, 2)
