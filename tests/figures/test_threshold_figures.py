"""Figures of yes-or-no and regression tasks: what they draw is what they were given."""

from __future__ import annotations

import numpy as np
import pytest

from playground.figures.plane_answers import plane_answers, plane_errors
from playground.figures.regression import (
    POINTS,
    error_histogram,
    predicted_and_true_figure,
    residuals_figure,
    shown_points,
)
from playground.figures.theme import alt_text
from playground.figures.threshold_curves import precision_recall_figure, roc_figure
from playground.insight.thresholds import threshold_curves

LABELS, SCORES = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]


@pytest.mark.parametrize("dark", [False, True])
def test_the_roc_curve_runs_from_corner_to_corner_with_the_chosen_place_on_it(dark: bool) -> None:
    curves = threshold_curves(LABELS, SCORES)
    figure = roc_figure(
        curves.false_alarm_rate, curves.recall, curves.thresholds, curves.auc, (0.5, 0.5), 0.4, "<b>sick", dark=dark
    )
    chance, curve, chosen = figure.data
    assert list(chance.x) == list(chance.y) == [0, 100]
    np.testing.assert_allclose(curve.x, [0, 0, 50, 50, 100])
    np.testing.assert_allclose(curve.y, [0, 50, 50, 100, 100])
    assert curve.text[0] == "never “yes”" and curve.text[1] == "from 80.0 % on"
    assert (chosen.x[0], chosen.y[0]) == (50, 50)
    assert "area 0.750" in alt_text(figure) and "40.0 %" in alt_text(figure)


def test_the_area_under_the_drawn_steps_is_the_average_precision() -> None:
    curves = threshold_curves(LABELS, SCORES)
    figure = precision_recall_figure(
        curves.recall, curves.precision, curves.thresholds, curves.average_precision, 0.5, (0.5, 0.5), 0.4, "sick"
    )
    chance, curve, chosen = figure.data
    assert list(chance.y) == [50, 50] and curve.line.shape == "vh"
    steps = np.diff(curve.x) / 100 * np.asarray(curve.y[1:]) / 100
    assert steps.sum() == pytest.approx(curves.average_precision)
    assert (chosen.x[0], chosen.y[0]) == (50, 50) and "average precision 0.833" in alt_text(figure)


def test_where_nobody_is_called_yes_there_is_no_point_on_the_precision_curve() -> None:
    figure = precision_recall_figure([0, 1], [1, 0.5], [np.inf, 0.2], 0.5, 0.5, None, 0.9, "sick")
    assert len(figure.data) == 2


def test_a_long_curve_keeps_its_ends_its_corners_and_its_area() -> None:
    draws = np.random.default_rng(0)
    labels = draws.integers(0, 2, 10_000)
    curves = threshold_curves(labels, draws.normal(labels, 1.0))
    figure = roc_figure(curves.false_alarm_rate, curves.recall, curves.thresholds, curves.auc, (0, 0), 0.5, "1")
    x, y = np.asarray(figure.data[1].x) / 100, np.asarray(figure.data[1].y) / 100
    assert len(x) <= 402 and (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (np.diff(x) * (y[1:] + y[:-1]) / 2).sum() == pytest.approx(curves.auc, abs=2e-3)


def test_predictions_stand_over_true_values_with_the_diagonal_between_equal_axes() -> None:
    figure = predicted_and_true_figure([1.0, 2.0, 4.0], [1.5, 2.0, 3.0], ["row 5", "row 6", "row 7"], "price (£)")
    diagonal, dots = figure.data
    assert list(diagonal.x) == list(diagonal.y) and figure.layout.xaxis.range == figure.layout.yaxis.range
    assert list(dots.x) == [1, 2, 4] and list(dots.y) == [1.5, 2, 3] and list(dots.text) == ["row 5", "row 6", "row 7"]
    assert figure.layout.xaxis.title.text == "true price (£)"
    assert "off by 0.5 on average, by 1 at most" in alt_text(figure)


@pytest.mark.parametrize("values", [[2.0], [2.0, 2.0], []])
def test_equal_values_and_none_are_drawn_too(values: list[float]) -> None:
    names = ["row"] * len(values)
    low, high = predicted_and_true_figure(values, values, names, "y").layout.xaxis.range
    assert low < high
    low, high = residuals_figure(values, [0.0] * len(values), names, "y").layout.yaxis.range
    assert low < 0 < high
    assert sum(error_histogram([0.0] * len(values)).data[0].y) == len(values)


def test_residuals_are_drawn_around_zero() -> None:
    figure = residuals_figure([10.0, 20.0], [-1.0, 4.0], ["row 0", "row 1"], "y")
    assert list(figure.data[1].y) == [-1, 4]
    low, high = figure.layout.yaxis.range
    assert low == -high and high > 4
    assert "1 of 2 predictions are too high" in alt_text(figure)


def test_the_histogram_counts_every_error_once_with_a_bin_around_zero() -> None:
    errors = np.random.default_rng(1).normal(0.3, 2, 500)
    bars = error_histogram(errors).data[0]
    assert sum(bars.y) == 500 and 0 in np.round(bars.x, 9)
    assert f"on average {errors.mean():+.3g}" in alt_text(error_histogram(errors))


def test_of_very_many_examples_evenly_picked_ones_are_drawn() -> None:
    picked = shown_points(20_000)
    assert len(picked) == POINTS and picked[0] == 0 and picked[-1] == 19_999 and (np.diff(picked) > 0).all()


def test_wrong_points_stand_out_in_the_colour_of_what_they_are() -> None:
    points = [[0, 0], [1, 1], [2, -2], [-3, 3]]
    figure = plane_answers(points, [0, 1, 1, 0], [0, 1, 0, 0], ("A", "B"))
    right_a, right_b, wrong_b = figure.data
    assert list(right_a.x) == [0, -3] and list(right_b.x) == [1]
    assert (wrong_b.x[0], wrong_b.y[0]) == (2, -2) and wrong_b.text[0] == "really B, called A"
    assert wrong_b.marker.color == right_b.marker.color and "1 of them are answered wrong" in alt_text(figure)


def test_errors_in_the_plane_have_a_scale_with_zero_in_its_middle() -> None:
    dots = plane_errors([[0, 0], [1, 2]], [0.5, -2.0]).data[0]
    assert (dots.marker.cmin, dots.marker.cmax) == (-2, 2) and list(dots.marker.color) == [0.5, -2]
    assert plane_errors([], []).data[0].marker.cmax == 1


def test_predictions_that_are_no_numbers_are_left_out_of_the_ranges() -> None:
    said, names = [np.nan, 1.0, np.inf], ["row"] * 3
    assert np.isfinite(predicted_and_true_figure([0.0, 1.0, 2.0], said, names, "y").layout.xaxis.range).all()
    assert np.isfinite(residuals_figure(said, said, names, "y").layout.yaxis.range).all()
    assert sum(error_histogram(said).data[0].y) == 1
