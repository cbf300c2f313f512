"""Figures of the Trust page: what they draw is what they were given."""

from __future__ import annotations

import numpy as np
import pytest

from playground.figures.coverage import coverage_figure
from playground.figures.reliability import reliability_figure, temperature_figure
from playground.figures.robustness import Line, robustness_figure, sample_strip
from playground.figures.run_styles import run_style
from playground.figures.strangers import StrangerCard, stranger_cards, stranger_figure
from playground.figures.theme import alt_text


@pytest.mark.parametrize("dark", [False, True])
def test_empty_bins_have_no_bar_and_the_widest_gap_is_said(dark: bool) -> None:
    figure = reliability_figure([0, 0.5, 0.75, 1], [0, 4, 6], [np.nan, 0.25, 1.0], [np.nan, 0.7, 0.9], dark=dark)
    accuracy, diagonal, confidence, counts = figure.data
    np.testing.assert_allclose(accuracy.y, [25, 100])
    np.testing.assert_allclose(accuracy.x, [62.5, 87.5])
    np.testing.assert_allclose(confidence.y, [70, 90])
    np.testing.assert_allclose(counts.y, [0, 40, 60])
    assert list(diagonal.x) == list(diagonal.y) == [0, 100]
    assert "said 70 %, it was right in 25 % of 4 images" in alt_text(figure)


def test_no_images_are_an_empty_diagram() -> None:
    assert "without images" in alt_text(reliability_figure([0, 1], [0], [np.nan], [np.nan]))


def test_the_fitted_temperature_is_the_lowest_point_of_its_curve() -> None:
    figure = temperature_figure([0.5, 1, 2], [0.4, 0.3, 0.5], 1.0, 0.3)
    assert (figure.data[1].x[0], figure.data[1].y[0]) == (1.0, 0.3) and min(figure.data[0].y) == 0.3
    assert "lowest, 0.3000, at 1.000" in alt_text(figure)


def test_the_chosen_point_stands_on_the_figure_and_long_curves_keep_their_ends() -> None:
    coverage, thresholds = np.linspace(1, 0.001, 3000), np.linspace(0.1, 1, 3000)
    figure = coverage_figure(coverage, 0.9 + 0.1 * thresholds, thresholds, (0.5, 0.95), 0.5)
    curve, point = figure.data
    assert len(curve.x) == 400 and curve.x[0] == 100 and curve.x[-1] == pytest.approx(1, abs=0.1)
    assert (point.x[0], point.y[0]) == (50, 95)
    assert "50.0 % answered, 95.00 % of them right" in alt_text(figure)


def test_nothing_answered_has_no_point() -> None:
    assert len(coverage_figure([1.0], [0.5], [0.3], None, 0.9).data) == 1


def test_one_line_a_network_and_the_first_ones_confidence() -> None:
    lines = [
        Line("This network", run_style(0), np.array([1.0, 0.5]), np.array([0.9, 0.8])),
        Line("<b>", run_style(1), np.array([0.9, 0.7])),
    ]
    figure = robustness_figure([0, 10], lines, "turned by (degrees)", 100)
    np.testing.assert_allclose([trace.y for trace in figure.data], [[100, 50], [90, 80], [90, 70]])
    assert "&lt;b>" in figure.data[2].name and "50% at 10" in alt_text(figure)


def test_the_strip_has_each_image_at_each_strength_with_its_answer() -> None:
    samples = np.zeros((2, 3, 1, 4, 4), np.uint8)
    predicted = np.array([[0, 1, 2], [0, 0, 0]])
    strip = sample_strip(samples, np.array([0, 1, 2]), predicted, np.full((2, 3), 0.6), [0, 5], ["<a>", "b", "c"])
    assert strip.count("<img") == 6 and strip.count("✓") == 4 and strip.count("✗") == 2
    assert "&lt;a&gt;" in strip and "<a>" not in strip


@pytest.mark.parametrize("threshold", [0.0, 0.6, 1.0])
def test_own_images_stand_upwards_and_strangers_downwards_each_in_percent_of_its_own(threshold: float) -> None:
    figure = stranger_figure([0.99, 0.98, 0.97, 0.52], [0.3, 0.96], threshold, "own", "strangers")
    own, strangers = figure.data
    assert own.y[-1] == 75 and own.y[10] == 25 and sum(own.y) == 100
    assert strangers.y[-1] == -50 and sum(strangers.y) == -100
    refused = 100 * np.mean(np.array([0.3, 0.96]) < threshold)
    assert f"{refused:.1f} % of strangers" in alt_text(figure)


def test_cards_say_what_a_stranger_is_and_was_read_as() -> None:
    card = StrangerCard(np.zeros((3, 5, 5), np.uint8), "<O>", "0", 0.9999, "looks like 0")
    words = stranger_cards([card])
    assert "&lt;O&gt; read as <b>0</b>" in words and "looks like 0" in words and words.count("<img") == 1


def test_of_yes_or_no_the_diagram_names_the_class_it_is_about() -> None:
    figure = reliability_figure([0, 0.5, 1], [3, 5], [0.0, 0.8], [0.1, 0.9], noun="rows", yes="malignant")
    assert figure.data[0].name == "was “malignant”" and "“malignant”" in figure.layout.xaxis.title.text
    assert "it was “malignant” in" in alt_text(figure) and "right" not in alt_text(figure)
