"""Bars of accuracies."""

from __future__ import annotations

import numpy as np
import pytest

from playground.figures.bars import class_accuracy_bars
from playground.figures.theme import alt_text


def test_the_bars_are_the_accuracies_in_percent_on_an_axis_that_never_changes() -> None:
    low, high = class_accuracy_bars([0.25, 0.5], ["a", "b"]), class_accuracy_bars([0.99, 1.0], ["a", "b"])
    np.testing.assert_allclose(low.data[0].y, [25, 50])
    assert low.layout.yaxis == high.layout.yaxis and tuple(low.layout.yaxis.tickvals) == (0, 25, 50, 75, 100)


def test_the_words_say_best_and_worst_class() -> None:
    figure = class_accuracy_bars([0.9, 0.5, np.nan], ["a", "b", "c"], counts=[10, 4, 0])
    assert alt_text(figure) == "Read right: best a, 90.0 %; worst b, 50.0 %."
    assert list(figure.data[0].text) == ["90.0", "50.0", "none"]
    assert list(figure.data[0].hovertext) == ["a: 10 images", "b: 4 images", "c: 0 images"]


def test_no_accuracies_yet_keep_the_figure_s_place() -> None:
    figure = class_accuracy_bars(np.full(10, np.nan), [str(digit) for digit in range(10)])
    assert list(figure.data[0].y) == [0] * 10
    assert alt_text(figure) == "No images yet."


def test_a_wrong_number_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match="10 classes"):
        class_accuracy_bars([0.5, 0.5], [str(digit) for digit in range(10)])
