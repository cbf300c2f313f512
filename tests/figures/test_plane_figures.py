"""The curves of the losses on the plane, and the tiny pictures of points."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np

from playground.figures.plane_losses import POINTS, TEST_NAME, TRAINING_NAME, plane_losses
from playground.figures.plane_tiles import tile, tile_style
from playground.figures.theme import TRAINING, VALIDATION, alt_text, class_colour


@dataclass(frozen=True)
class Epoch:
    epoch: int
    train_loss: float
    test_loss: float | None


def _svg(address: str) -> str:
    return base64.b64decode(address.partition("base64,")[2]).decode()


def test_both_losses_are_drawn_by_epoch_and_told_in_words() -> None:
    figure = plane_losses([Epoch(1, 0.7, 0.8), Epoch(2, 0.5, 0.65)], log_loss=False)
    lines = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}
    assert lines == {TRAINING_NAME: ([1, 2], [0.7, 0.5]), TEST_NAME: ([1, 2], [0.8, 0.65])}
    assert "After epoch 2: training loss 0.5, test loss 0.65" in alt_text(figure)
    low, high = figure.layout.yaxis.range
    assert low == 0 and high >= 0.8


def test_ten_thousand_epochs_become_few_points_with_the_first_and_the_last() -> None:
    figure = plane_losses([Epoch(i, 1 / i, 2 / i) for i in range(1, 10_001)], log_loss=True)
    x = list(figure.data[0].x)
    assert len(x) <= POINTS and x[0] == 1 and x[-1] == 10_000
    low, high = figure.layout.yaxis.range
    assert 10**low <= 1e-4 and 10**high >= 2, "the axis holds every value"


def test_an_empty_chart_keeps_its_height_and_says_what_to_do() -> None:
    empty, full = plane_losses([], log_loss=False), plane_losses([Epoch(1, 0.7, None)], log_loss=False)
    assert empty.layout.height == full.layout.height
    assert any("Start" in note.text for note in empty.layout.annotations)
    assert not any("Start" in note.text for note in full.layout.annotations)


def test_a_tile_has_one_dot_a_point_in_the_colour_of_its_class() -> None:
    points = np.array([[0.0, 0.0], [3.0, -3.0], [-6.0, 6.0]], dtype=np.float32)
    two = _svg(tile(points, np.array([0, 1, 1]), is_number=False))
    assert two.count("<circle") == 3 and two.count(VALIDATION) == 1 and two.count(TRAINING) == 2
    assert 'cx="50" cy="50"' in two and 'cx="74" cy="74"' in two, "x2 points up"
    three = _svg(tile(points, np.array([0, 1, 2]), is_number=False))
    assert all(class_colour(index) in three for index in range(3))
    numbers = _svg(tile(points, np.array([-2.0, 0.0, 2.0]), is_number=True))
    assert VALIDATION in numbers and TRAINING in numbers


def test_every_tile_has_its_picture_and_the_chosen_one_a_frame() -> None:
    style = tile_style({"one": "data:a", "two": "data:b"}, "two")
    assert ".st-key-one button {background-image: url(data:a);}" in style
    assert ".st-key-two button {border: 3px" in style and ".st-key-one button {border" not in style
