"""Bars of probabilities and of accuracies."""

from __future__ import annotations

import numpy as np
import pytest

from playground.figures.bars import class_accuracy_bars, probability_bars
from playground.figures.theme import ACCENT, alt_text

DIGITS = [str(digit) for digit in range(10)]
PROBABILITIES = np.array([0.002, 0.1, 0.02, 0.7, 0.05, 0.05, 0.05, 0.02, 0.004, 0.004])


def test_the_bars_are_the_probabilities_in_percent_and_only_the_top_one_is_marked() -> None:
    bars = probability_bars(PROBABILITIES, DIGITS).data[0]
    np.testing.assert_allclose(bars.y, 100 * PROBABILITIES)
    assert [index for index, colour in enumerate(bars.marker.color) if colour == ACCENT] == [3]
    assert bars.text[3] == "70%" and bars.text[0] == ""


def test_the_percent_axis_is_the_same_for_every_image() -> None:
    sure, unsure = np.eye(10)[4], np.full(10, 0.1)
    assert probability_bars(sure, DIGITS).layout.yaxis == probability_bars(unsure, DIGITS).layout.yaxis
    assert tuple(probability_bars(sure, DIGITS).layout.yaxis.tickvals) == (0, 25, 50, 75, 100)


def test_the_right_answer_is_ticked_off() -> None:
    names = probability_bars(PROBABILITIES, DIGITS, true_class=5).layout.xaxis.ticktext
    assert names[5] == "<b>5 ✓</b>" and names[3] == "3"


def test_no_probabilities_yet_keep_the_figure_s_place() -> None:
    figure = probability_bars(np.full(10, np.nan), DIGITS)
    assert list(figure.data[0].y) == [0] * 10
    assert alt_text(figure) == "No probabilities yet."


def test_the_words_say_best_and_worst_class() -> None:
    figure = class_accuracy_bars([0.9, 0.5, np.nan], ["a", "b", "c"], counts=[10, 4, 0])
    assert alt_text(figure) == "Read right: best a, 90.0 %; worst b, 50.0 %."
    assert list(figure.data[0].text) == ["90.0", "50.0", "none"]
    assert list(figure.data[0].hovertext) == ["a: 10 images", "b: 4 images", "c: 0 images"]


def test_a_wrong_number_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match="10 classes"):
        probability_bars([0.5, 0.5], DIGITS)
