"""The figures and tables of Step by step."""

from __future__ import annotations

import numpy as np
import pytest

from playground.figures.arithmetic import Window, contribution_bars, curve_figure, map_figure
from playground.figures.calculation_tables import MOST_ROWS, TableColumn, calculation_table, word_table
from playground.figures.microscope import gradient_norms, losses_of_steps, term_maps
from playground.figures.number_grids import NumberGrid, decimals_for, number_grids, shown, tick
from playground.figures.theme import alt_text


def test_every_figure_says_what_it_shows_and_keeps_its_height() -> None:
    x = np.linspace(-1, 1, 5)
    image = np.arange(12.0).reshape(3, 4)
    figures = [
        map_figure(image, "Input", Window(-1, 2, 3), border=1, clickable=True),
        contribution_bars(["a", "b"], np.array([1.0, -2.0]), "Sums"),
        curve_figure(x, x**2, (0.5, 0.25), 1.0, "Square"),
        gradient_norms(["a", "b"], np.array([0.0, 2.0])),
        losses_of_steps([1.0, 0.5]),
        *term_maps(image, image),
    ]
    assert all(alt_text(figure) and figure.layout.height for figure in figures)


def test_a_click_on_a_map_tells_the_place_along_the_rows() -> None:
    points = map_figure(np.arange(12.0).reshape(3, 4), "Output", None, clickable=True).data[1]
    assert (points.x[6], points.y[6]) == (3, 2) and "6" in points.hovertext[6]


def test_figures_of_nothing_but_zeros_are_drawn() -> None:
    zeros = np.zeros((2, 2))
    assert map_figure(zeros, "Output", Window(0, 0)).data and number_grids([NumberGrid("window", zeros)])
    low, high = contribution_bars([], np.empty(0), "none").layout.xaxis.range
    assert low < 0 < high
    assert "all 0" in alt_text(gradient_norms(["a"], np.zeros(1)))


def test_a_grid_holds_every_number_and_marks_what_lies_outside() -> None:
    values = np.array([[1.0, -2.5], [0.0, 0.125]])
    html = number_grids([NumberGrid("window", values, outside=np.eye(2, dtype=bool)), NumberGrid("kernel", values, "×")])
    assert html.count("<td") == 8 and html.count('class="outside"') == 2 and "−2.50" in html and "×" in html


@pytest.mark.parametrize("largest, decimals", [(2.8, 2), (0.3, 3), (0.08, 4), (28.0, 1), (900.0, 0), (1e-9, 5), (0.0, 1)])
def test_decimals_show_three_digits_of_the_largest_number(largest: float, decimals: int) -> None:
    assert decimals_for([largest / 10, -largest]) == decimals
    assert shown(float("nan"), 2) == "no number" and shown(-1.0, 1) == "−1.0"


def test_a_table_of_200_classes_shows_the_largest_and_the_marked_one_and_counts_the_rest() -> None:
    values = np.arange(200.0)
    html = calculation_table([f"name {row}" for row in range(200)], [TableColumn("p", "share", values, True)], marked=3)
    assert html.count('<tr class="') - html.count("said") <= MOST_ROWS + 2
    assert "name 199" in html and "name 3<" in html and "187 more" in html and f"{values.sum():.4f}" in html


def test_words_are_escaped() -> None:
    assert "<script>" not in word_table(("<script>",), (("<script>",),)) + tick(True, "<script>")
    assert "<script>" not in calculation_table(["<script>"], [TableColumn("<script>", "<script>", np.ones(1))])
