"""Image grids pixel by pixel, and PNG files read back."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from playground.figures.images import data_uri, diverging_pixels, tile, to_png


def test_a_grid_holds_each_image_at_its_place_enlarged() -> None:
    images = np.arange(3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2)
    grid = tile(images, columns=2, scale=3, gap=1, gap_value=99)
    assert grid.shape == (2 * 7 - 1, 2 * 7 - 1)
    assert (grid[0:3, 0:3] == images[0, 0, 0]).all()
    assert (grid[3:6, 10:13] == images[1, 1, 1]).all()
    assert (grid[7:10, 0:3] == images[2, 0, 0]).all()
    assert (grid[6, :] == 99).all() and (grid[7:, 7:] == 99).all()


def test_a_grid_of_colour_images_keeps_their_channels() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3), dtype=np.uint8)
    grid = tile(images, columns=5, gap=0)
    assert grid.shape == (4, 20, 3)
    np.testing.assert_array_equal(grid[:, 8:12], images[2])


def test_no_images_give_a_grid_of_one_empty_place() -> None:
    assert (tile(np.zeros((0, 3, 3), dtype=np.uint8), columns=4) == 128).all()


def test_signed_numbers_are_white_at_zero_and_equally_strong_on_both_sides() -> None:
    pixels = diverging_pixels(np.array([-2.0, 0.0, 1.0, 2.0, np.nan]))
    assert pixels[1].tolist() == [255, 255, 255] == pixels[4].tolist()
    assert pixels[0].tolist() == [0x8A, 0x3B, 0x00]
    assert pixels[3].tolist() == [0x00, 0x3F, 0x66]
    assert pixels[2].tolist() == [0x5B, 0xA3, 0xD0]


def test_a_given_limit_makes_colours_comparable_between_figures() -> None:
    assert diverging_pixels([1.0], limit=2.0).tolist() == [[0x5B, 0xA3, 0xD0]]


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_a_png_read_back_has_the_same_pixels(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(to_png(pixels)))), pixels)


def test_a_data_address_holds_the_file() -> None:
    png = to_png(np.zeros((2, 2), dtype=np.uint8))
    head, body = data_uri(png).split(",")
    assert head == "data:image/png;base64" and base64.b64decode(body) == png


def test_images_of_another_type_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        tile(np.zeros((2, 3, 3)), columns=2)
