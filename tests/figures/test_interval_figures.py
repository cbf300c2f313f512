"""Figures of trust in numbers, and of noise: what they draw is what they were given."""

from __future__ import annotations

import numpy as np
import pytest

from playground.figures.intervals import band_figure, parts_figure, promise_figure
from playground.figures.noise import noise_figure
from playground.figures.theme import alt_text


@pytest.mark.parametrize("dark", [False, True])
def test_every_dot_is_inside_or_outside_the_band(dark: bool) -> None:
    said, true = np.array([1.0, 2.0, 3.0, 10.0]), np.array([1.5, 4.0, 2.0, 11.0])
    figure = band_figure(said, true, ["row 0", "row 1", "row 2", "row 3"], 1.0, dark=dark)
    band, _, inside, outside = figure.data
    assert inside.text.tolist() == ["row 0", "row 2", "row 3"] and outside.text.tolist() == ["row 1"]
    assert outside.x.tolist() == [2.0] and outside.y.tolist() == [4.0]
    low, high = band.x[0], band.x[1]
    assert list(band.y) == [low - 1, high - 1, high + 1, low + 1]
    (left, right), (bottom, top) = figure.layout.xaxis.range, figure.layout.yaxis.range
    assert left < 1 and right > 10 and bottom < low - 1 and top > high + 1
    assert "3 of 4 lie inside" in alt_text(figure)


def test_the_kept_promise_stands_over_the_promise() -> None:
    figure = promise_figure([0.5, 0.9], [0.4, 0.95], (0.9, 0.95))
    _, curve, chosen = figure.data
    np.testing.assert_allclose(curve.x, [50, 90])
    np.testing.assert_allclose(curve.y, [40, 95])
    assert (chosen.x[0], chosen.y[0]) == (90, 95) and "40 % at 50 %" in alt_text(figure)
    assert len(promise_figure([0.5], [0.5], None).data) == 2


def test_each_part_has_a_bar_with_both_ends_named() -> None:
    figure = parts_figure([(-2.0, 1.0), (1.0, 5.0)], [0.5, 1.5], 1.0)
    assert figure.data[0].y.tolist() == [0.5, 1.5]
    assert figure.layout.xaxis.ticktext == ("−2<br>to<br>1", "1<br>to<br>5")
    assert figure.layout.shapes[0].y0 == 1.0 and "1 on the whole" in alt_text(figure)


def test_noise_on_classes_is_in_percent_and_on_numbers_in_their_unit() -> None:
    of_classes = noise_figure([0, 1], [0.9, 0.6], [0.95, 0.9], 0.4)
    right, sure, plain = of_classes.data
    np.testing.assert_allclose(right.y, [90, 60])
    np.testing.assert_allclose(sure.y, [95, 90])
    assert list(plain.y) == [40, 40] and "60 % at 1" in alt_text(of_classes)
    of_numbers = noise_figure([0, 1], [40.0, 55.0], None, 60.0)
    error, plain = of_numbers.data
    assert list(error.y) == [40, 55] and list(plain.y) == [60, 60] and "%" not in alt_text(of_numbers)
