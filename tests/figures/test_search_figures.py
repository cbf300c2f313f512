"""Figures of what a unit likes, of look-alikes, and of what changes the network's mind."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from playground.figures.counterfactual import change_pictures, way_figure
from playground.figures.neighbours import PictureCard, picture_cards, three_digits, vote_bars
from playground.figures.preferred import climb_figure
from playground.figures.theme import alt_text


def pictures(html: str) -> list[np.ndarray]:
    found = re.findall(r"data:image/png;base64,([^\"]+)", html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))) for text in found]


def test_cards_hold_the_very_pixels_grey_or_coloured() -> None:
    random = np.random.default_rng(0)
    grey, colour = (random.integers(0, 256, (channels, 6, 7)).astype(np.uint8) for channels in (1, 3))
    shown = pictures(picture_cards([PictureCard(grey, "a"), PictureCard(colour, "b")]))
    np.testing.assert_array_equal(shown[0], grey[0])
    np.testing.assert_array_equal(shown[1], colour.transpose(1, 2, 0))


def test_a_card_says_whether_it_is_right_and_where_its_frame_is() -> None:
    image = np.zeros((1, 20, 10), np.uint8)
    html = picture_cards([PictureCard(image, "<7>", "0.5", True, (5, 0, 15, 10)), PictureCard(image, "8", "", False)])
    assert "top:25.00%;left:0.00%;height:50.00%;width:100.00%" in html
    assert "&lt;7&gt;, 0.5, framed: rows 6 to 15, columns 1 to 10" in html and "<7>" not in html
    cards = html.split("</style>")[1]
    assert cards.count("✓") == cards.count("✗") == 1 and cards.count("shot-frame") == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [(6, "6.00"), (0.03124, "0.0312"), (16.52, "16.5"), (2140.4, "2,140"), (123.4, "123"), (0, "0.00"), (-999.7, "-1,000")],
)
def test_numbers_have_three_digits(value: float, words: str) -> None:
    assert three_digits(value) == words


def test_votes_are_bars_with_their_counts() -> None:
    html = vote_bars([("4", 6), ("9", 3)], 9, "9")
    assert "width:66.7%" in html and "6 of 9" in html and 'aria-label="Votes: 4 6, 9 3"' in html
    assert html.split("</style>")[1].count("vote-top") == 1


def test_the_climb_shows_its_end_and_the_strongest_real_image() -> None:
    figure = climb_figure([0.0, 2.0, 4.0], 5.0, 3.0)
    assert list(figure.data[0].y) == [0, 2, 4] and list(figure.data[1].y) == [5] and figure.layout.shapes[0].y0 == 3
    assert alt_text(figure) == "The value climbs from 0.00 to 5.00 in 3 steps; the strongest real image reaches 3.00."
    assert not climb_figure([], 1.0).layout.shapes


def test_the_change_is_drawn_around_white_and_says_how_much_stronger() -> None:
    before = np.full((1, 4, 4), 100, np.uint8)
    after = before.copy()
    after[0, 0, 0], after[0, 3, 3] = 110, 90
    html = change_pictures(before, after, 10, "a 3", "an 8")
    image, change, result = pictures(html)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(result, after[0])
    assert change[1, 1].tolist() == [255, 255, 255]
    assert change[0, 0, 2] > change[0, 0, 0] and change[3, 3, 0] > change[3, 3, 2]  # brighter is blue, darker is orange
    assert "drawn 25.5 times as strong" in html and "the result: an 8" in html


def test_the_three_channels_of_a_change_stand_side_by_side() -> None:
    before = np.zeros((3, 4, 5), np.uint8)
    html = change_pictures(before, before + 1, 1, "x", "y")
    assert pictures(html)[1].shape == (4, 15, 3) and "red, green, blue" in html


def test_the_way_marks_what_each_method_found() -> None:
    epsilons = np.arange(256) / 255
    figure = way_figure(epsilons, epsilons, 1 - epsilons, ("8", "3"), (40 / 255, 20 / 255))
    assert [trace.name for trace in figure.data] == ["“3”", "“8”"]
    assert sorted(shape.x0 for shape in figure.layout.shapes) == pytest.approx([20, 40])
    assert figure.layout.xaxis.range[1] == pytest.approx(1.03 * 64)
    assert "one step: 40 grey levels; many steps: 20 grey levels" in alt_text(figure)
    nothing = way_figure(epsilons, epsilons, 1 - epsilons, ("8", "3"), (None, None))
    assert not nothing.layout.shapes and nothing.layout.xaxis.range[1] == pytest.approx(1.03 * 255)
    assert "no strength is enough" in alt_text(nothing)
