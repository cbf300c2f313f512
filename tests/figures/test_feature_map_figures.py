from __future__ import annotations

import base64
import io
import re

import numpy as np
from PIL import Image

from playground.figures.feature_maps import MOST_NUMBERED, Strip, colour_limit, map_figure, neurons_figure, squares, strips_html
from playground.figures.images import diverging_pixels
from playground.figures.theme import alt_text


def _pictures(html: str) -> list[np.ndarray]:
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in re.findall(r"base64,([^\"]+)", html)]


def test_every_map_is_a_button_with_its_own_pixels_on_the_layers_scale() -> None:
    values = np.linspace(-1, 2, 3 * 4 * 5, dtype=np.float32).reshape(3, 4, 5)
    html = strips_html([Strip("2:", "2. Conv", "3 maps", values, colour_limit(values))])
    assert re.findall(r'data-pick="([^"]+)"', html) == ["2:0", "2:1", "2:2"]
    for picture, expected in zip(_pictures(html), values, strict=True):
        np.testing.assert_array_equal(picture, diverging_pixels(expected, 2.0))


def test_a_scale_of_its_own_makes_each_map_as_dark_as_it_can_be() -> None:
    values = np.stack([np.full((2, 2), 0.1), np.full((2, 2), 4.0)]).astype(np.float32)
    first, second = _pictures(strips_html([Strip("0:", "t", "", values, None)]))
    np.testing.assert_array_equal(first, second)


def test_few_neurons_are_bars_around_zero_and_many_are_squares() -> None:
    few = strips_html([Strip("4:", "4. Dense 4", "", np.array([-1, 0, 1, 3], np.float32), 3.0, ("a", "<b>", "c", "d"))])
    assert few.count('class="cell"') == 4 and "&lt;b&gt;" in few and "<b>" not in few.split("<button")[1]
    tops = [float(top) for top in re.findall(r'<span style="top:([\d.]+)%', few)]
    heights = [float(height) for height in re.findall(r";height:([\d.]+)%", few)]
    assert tops == [75.0, 75.0, 50.0, 0.0] and heights == [25.0, 0.0, 25.0, 75.0]
    many = strips_html([Strip("4:", "t", "", np.arange(100, dtype=np.float32), 99.0)])
    (picture,) = _pictures(many)
    assert picture.shape == (2, 64, 3) and 'data-pick="4:"' in many


def test_squares_keep_the_order_and_leave_the_rest_empty() -> None:
    grid = squares(np.arange(70, dtype=np.float32))
    assert grid.shape == (2, 64) and grid[1, 5] == 69 and np.isnan(grid[1, 6:]).all()
    assert squares(np.zeros(1, np.float32)).shape == (1, 1) and squares(np.zeros(4096, np.float32)).shape == (32, 128)


def test_an_enlarged_map_holds_the_very_values_and_writes_them_where_there_is_room() -> None:
    values = np.random.default_rng(0).normal(size=(7, 7)).astype(np.float32)
    figure = map_figure(values, "3. Conv, map 2")
    np.testing.assert_allclose(figure.data[0].z, values)
    assert figure.data[0].zmax == -figure.data[0].zmin == float(np.abs(values.astype(np.float64)).max())
    assert figure.data[0].texttemplate and not map_figure(np.zeros((28, 28), np.float32), "m").data[0].texttemplate
    assert "7 by 7" in alt_text(figure)


def test_the_last_layer_is_bars_named_after_the_classes() -> None:
    names = [f"class {index}" for index in range(200)]
    figure = neurons_figure(np.arange(200, dtype=np.float32) - 5, "Output", names)
    assert len(figure.data[0].y) == 200 and figure.data[0].hovertext[199] == "class 199: <b>194</b>"
    assert figure.data[0].marker.color[0] != figure.data[0].marker.color[10]


def test_many_neurons_are_squares_with_their_numbers() -> None:
    figure = neurons_figure(np.arange(4096, dtype=np.float32), "Dense 4096")
    assert figure.data[0].z.shape == (32, 128) and figure.data[0].customdata[31][127] == 4096
    assert figure.layout.height >= 300


def test_values_that_are_no_numbers_can_be_drawn() -> None:
    broken = np.full((2, 3, 3), np.nan, np.float32)
    assert colour_limit(broken) == 1.0 and colour_limit(np.array([np.inf, -2.0])) == 2.0
    assert strips_html([Strip("0:", "t", "", broken, colour_limit(broken))]).count("<img") == 2
    assert strips_html([Strip("0:", "t", "", broken[0, 0], 1.0)])
    assert "none of them a number" in alt_text(map_figure(broken[0], "m")) and neurons_figure(broken[0, 0], "n")


def test_long_names_stand_level_beside_lying_bars() -> None:
    values = np.array([1.0, -2.0, 0.5, 0.25], np.float32)
    names = ("mean fractal dimension", "worst concave points", "smoothness error", "worst texture")
    lying, standing = neurons_figure(values, "Input", names), neurons_figure(values, "Dense 4", ("cat", "dog", "bird", "cow"))
    assert lying.data[0].x.tolist() == values.tolist() and lying.layout.yaxis.ticktext == names
    assert standing.data[0].y.tolist() == values.tolist() and standing.layout.xaxis.ticktext == ("cat", "dog", "bird", "cow")


def test_of_many_small_bars_every_fifth_has_its_number() -> None:
    few, many = (strips_html([Strip("0:", "Input", "", np.ones(count, np.float32), 1.0, ())]) for count in (MOST_NUMBERED, 30))
    written = [[number for number in range(1, 31) if f">{number}</span>" in html] for html in (few, many)]
    assert written == [list(range(1, MOST_NUMBERED + 1)), [1, 5, 10, 15, 20, 25, 30]]
