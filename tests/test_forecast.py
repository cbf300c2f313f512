"""Forecasts and how far off they were, by hand."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from playground.forecast import Forecast, curve_from_strokes, in_words, score


def test_a_guess_is_off_by_the_distance_in_points() -> None:
    found = score(Forecast(accuracy=0.95), 0.972, [])
    assert found.accuracy == pytest.approx(-2.2) and found.curve is None
    words = in_words(Forecast(accuracy=0.95), 0.972, [])
    assert "**95.0 %**" in words and "**97.2 %**" in words and "2.2 points too low" in words
    assert "1.0 points too high" in in_words(Forecast(accuracy=0.98), 0.97, [])
    assert "exactly right" in in_words(Forecast(accuracy=0.97), 0.9702, [])


def test_a_curve_is_off_by_the_mean_distance_over_the_epochs_that_both_have() -> None:
    found = score(Forecast(curve=(0.5, 0.7, 0.9)), None, [0.6, 0.65])
    assert found.curve == pytest.approx((10 + 5) / 2) and found.accuracy is None
    assert score(Forecast(curve=(0.5,)), None, [None]).curve is None


def test_a_straight_stroke_gives_the_shares_on_its_way() -> None:
    # From the lower left corner to the upper right one, over 4 epochs of a field of 400 x 200 pixels.
    assert curve_from_strokes([(0, 200), (400, 0)], 400, 200, 4) == pytest.approx((0.25, 0.5, 0.75, 1.0), abs=0.01)


def test_a_stroke_that_ends_early_stays_level_and_none_is_no_curve() -> None:
    assert curve_from_strokes([(0, 100), (100, 50)], 400, 200, 4) == pytest.approx((0.75, 0.75, 0.75, 0.75), abs=0.01)
    assert curve_from_strokes([], 400, 200, 4) == ()


def test_a_stroke_that_leaves_the_field_is_cut_to_what_can_be() -> None:
    assert curve_from_strokes([(0, 260), (400, -50)], 400, 200, 2)[-1] == 1.0


def test_shares_beyond_100_percent_are_refused() -> None:
    with pytest.raises(ValidationError):
        Forecast(accuracy=1.2)


def test_a_forecast_of_a_number_is_told_in_r_squared() -> None:
    words = in_words(Forecast(accuracy=0.6, curve=(0.2, 0.4)), 0.52, (0.3, 0.5), "regression", "rows")
    assert words == (
        "Your forecast: R² **0.600** on the test rows; it is **0.520**: 0.080 too high. Your curve is 0.100 off on average."
    )
