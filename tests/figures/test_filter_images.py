from __future__ import annotations

import numpy as np

from playground.figures.filter_images import colour_limit, diverging_pixels, filter_pictures
from playground.figures.theme import DIVERGING


def _colour(index: int) -> list[int]:
    return [int(DIVERGING[index][1][i : i + 2], 16) for i in (1, 3, 5)]


def test_nothing_is_white_and_the_ends_have_the_palettes_ends() -> None:
    pixels = diverging_pixels(np.array([[-2.0, 0.0, 2.0, 9.0]]), limit=2.0)
    assert pixels.dtype == np.uint8 and pixels.shape == (1, 4, 3)
    assert pixels[0].tolist() == [_colour(0), [255, 255, 255], _colour(-1), _colour(-1)]


def test_one_large_weight_does_not_pale_all_others() -> None:
    images = np.ones((10, 1, 10, 10), np.float32)
    images[0, 0, 0, 0] = 1000.0
    assert colour_limit(images) == 1.0


def test_weights_that_are_all_zero_can_be_drawn() -> None:
    images = np.zeros((2, 1, 3, 3), np.float32)
    assert colour_limit(images) == 1.0
    assert filter_pictures(images, "kernel").count("<img") == 2


def test_pictures_are_numbered_from_one_and_named_for_readers() -> None:
    html = filter_pictures(np.zeros((3, 2, 3, 3), np.float32), "kernel")
    assert html.count("<figcaption>") == 3 and 'alt="kernel 1"' in html and 'alt="kernel 3"' in html
