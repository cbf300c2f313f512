"""Weights as squares, and classes before and after."""

from __future__ import annotations

import numpy as np
import pytest

from playground.figures.accuracy_change import accuracy_change_figure
from playground.figures.theme import alt_text
from playground.figures.weight_grid import MAX_CELLS, shown_indices, weight_grid, weight_places


@pytest.mark.parametrize(
    "shape", [(1,), (10,), (128,), (5000,), (1, 28, 28), (16, 3, 3), (3, 5, 5), (64, 1, 1), (512, 7, 7), (2, 64, 64)]
)
def test_every_number_has_exactly_one_place(shape: tuple[int, ...]) -> None:
    pages = weight_places(shape)
    shown = np.concatenate([shown_indices(page) for page in pages])
    assert sorted(shown.tolist()) == list(range(int(np.prod(shape))))
    channel = int(np.prod(shape[1:])) if len(shape) == 3 else 0
    assert all(len(shown_indices(page)) <= max(MAX_CELLS, channel) for page in pages)


def test_channels_stand_side_by_side_with_a_gap() -> None:
    (page,) = weight_places((2, 2, 2))
    assert page.tolist() == [[0, 1, -1, 4, 5], [2, 3, -1, 6, 7]]


def test_a_click_on_a_point_tells_the_number_under_it() -> None:
    (places,) = weight_places((2, 2, 2))
    values = np.linspace(-1, 1, 8)
    figure = weight_grid(values, places, "Weights of filter 1", limit=1.0, chosen=6, edited=[3])
    squares, changed, chosen, target = figure.data
    for x, y, index in zip(target.x, target.y, target.customdata, strict=True):
        assert squares.z[y][x] == values[index]
    assert target.customdata.tolist() == shown_indices(places).tolist()
    assert (chosen.x.tolist(), chosen.y.tolist()) == ([3], [1]) and (changed.x.tolist(), changed.y.tolist()) == ([1], [1])
    assert np.isnan(squares.z[0][2]) and alt_text(figure) == "Weights of filter 1: 8 numbers from -1 to 1, 0 are 0."


def test_numbers_that_are_none_are_told() -> None:
    figure = weight_grid([np.nan, 1.0], weight_places((2,))[0], "Biases", limit=1.0)
    assert "not finite" in alt_text(figure)


def test_classes_before_and_after_stand_at_their_shares() -> None:
    figure = accuracy_change_figure([0.9, 1.0, np.nan], [0.5, 1.0, np.nan], ["a", "b", "c"])
    _, rings, dots = figure.data
    assert rings.y[:2].tolist() == [90, 100] and dots.y[:2].tolist() == [50, 100]
    assert dots.customdata[0].tolist() == [90, 50, -40]
    assert "a -40.0 points" in alt_text(figure)
    assert "nothing changed" in alt_text(accuracy_change_figure([0.5], [0.5], ["a"]))
    with pytest.raises(ValueError, match="2 classes"):
        accuracy_change_figure([0.5], [0.5], ["a", "b"])
    assert len(accuracy_change_figure(np.ones(200), np.zeros(200), [str(i) for i in range(200)]).data) == 3


def test_numbers_with_names_stand_in_a_list_with_name_and_value() -> None:
    values, names = np.array([0.5, -0.25, 0.0]), ("age (years)", "sex", "blood pressure")
    figure = weight_grid(values, np.arange(3)[:, None], "Weights of neuron 1", limit=1.0, chosen=1, names=names)
    assert figure.layout.yaxis.ticktext == names and list(figure.layout.yaxis.tickvals) == [0, 1, 2]
    written = next(trace for trace in figure.data if trace.type == "scatter" and trace.mode == "text")
    assert list(written.text) == ["0.5", "−0.25", "0"] and list(written.y) == [0, 1, 2]
    target = figure.data[-1]  # what a click tells
    assert target.customdata.tolist() == [0, 1, 2] and target.hovertext[1] == "sex: -0.25"


def test_in_a_grid_the_pointer_tells_the_name() -> None:
    figure = weight_grid([1.0, 2.0], weight_places((2,))[0], "Weights", limit=2.0, names=("neuron 1", "neuron 2"))
    assert figure.data[-1].hovertext[0] == "neuron 1: 1" and not figure.layout.yaxis.visible
