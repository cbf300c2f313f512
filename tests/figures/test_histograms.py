"""Histograms in percent, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from playground.figures.histograms import Histogram, histogram_figure
from playground.figures.theme import CLASS_COLOURS, alt_text, class_colour

VALUES = np.random.default_rng(0).normal(size=1000)
COUNTS, EDGES = np.histogram(VALUES, bins=20)


def test_each_step_is_the_percentage_of_values_between_its_edges() -> None:
    steps = histogram_figure([Histogram("Dense 1", COUNTS, EDGES)], x_title="weight").data[0]
    inside = 100 * np.mean((EDGES[7] <= VALUES) & (EDGES[8] > VALUES))
    assert steps.y[7] == pytest.approx(inside)
    assert steps.line.shape == "hv"
    assert len(steps.x) == len(steps.y) == 21
    assert sum(steps.y[:-1]) == pytest.approx(100)


def test_layers_of_different_sizes_compare_in_percent() -> None:
    figure = histogram_figure([Histogram("a", COUNTS, EDGES), Histogram("b", 7 * COUNTS, EDGES)], x_title="weight")
    np.testing.assert_allclose(figure.data[0].y, figure.data[1].y)
    assert figure.data[0].line.color != figure.data[1].line.color
    assert alt_text(figure) == "Histograms of weight: a, b."


def test_nothing_counted_and_no_layers_are_drawn_as_nothing() -> None:
    assert max(histogram_figure([Histogram("a", np.zeros(3, dtype=int), np.arange(4.0))], x_title="x").data[0].y) == 0
    assert len(histogram_figure([], x_title="x").data) == 0


def test_edges_must_be_one_more_than_counts() -> None:
    with pytest.raises(ValueError, match="4 edges"):
        Histogram("a", np.zeros(3, dtype=int), np.arange(3.0))


def test_every_class_has_a_colour_of_its_own_up_to_twenty_six() -> None:
    assert len(set(CLASS_COLOURS)) == 26
    assert class_colour(26) == class_colour(0)
