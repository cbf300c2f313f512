from __future__ import annotations

import re

import numpy as np

from playground.figures.attribution import attribution_cards, attribution_figure, blended, colour_limit, faint_image
from playground.figures.theme import DIVERGING, alt_text


def test_where_a_value_is_nothing_the_faint_image_shows_and_at_the_limit_the_full_colour() -> None:
    image = np.array([[[0, 255, 0, 255]]], np.uint8)
    pixels = blended(np.array([[0.0, 0.0, 2.0, -2.0]], np.float32), image, 2.0)
    faint = faint_image(image)
    assert faint.tolist() == [[255, 148, 255, 148]]
    assert pixels[0, 0].tolist() == [255, 255, 255] and pixels[0, 1].tolist() == [148, 148, 148]
    for place, (_, colour) in ((2, DIVERGING[-1]), (3, DIVERGING[0])):
        full = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        assert np.abs(pixels[0, place].astype(int) - full).max() <= 13


def test_a_photograph_keeps_its_light_and_shade() -> None:
    photograph = np.stack([np.array([[0, 255]], np.uint8)] * 3)
    assert faint_image(photograph).tolist() == [[148, 255]]


def test_one_strong_pixel_does_not_pale_all_others_and_nothing_can_be_drawn() -> None:
    values = np.ones((28, 28), np.float32)
    values[0, 0] = 50
    assert colour_limit(values) == 1.0 and colour_limit(np.zeros((3, 3), np.float32)) == 1.0
    single = np.zeros((28, 28), np.float32)
    single[1, 2] = -3
    assert colour_limit(single) == 3.0


def test_the_figure_tells_each_value_and_its_scale() -> None:
    values = np.zeros((6, 5), np.float32)
    values[4, 1] = -0.25
    figure = attribution_figure(values, np.zeros((1, 6, 5), np.uint8), "Occlusion for a 7")
    image, scale = figure.data
    assert np.asarray(image.z).shape == (6, 5, 3) and image.customdata[4][1][0] == -0.25
    assert (scale.marker.cmin, scale.marker.cmax) == (-0.25, 0.25) and scale.marker.showscale
    assert alt_text(figure) == "Occlusion for a 7. The strongest value, -0.25, is at row 4, column 1."


def test_maps_stand_side_by_side_each_on_its_own_scale() -> None:
    weak, strong = np.full((4, 4), 1e-3, np.float32), np.full((4, 4), 70.0, np.float32)
    html = attribution_cards([("Weak & <b>", weak), ("Strong", strong)], np.zeros((1, 4, 4), np.uint8))
    first, second = re.findall(r"base64,([^\"]+)", html)
    assert first == second and html.count("<figcaption>") == 2 and "Weak &amp; &lt;b&gt;" in html
