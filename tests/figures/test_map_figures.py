"""Maps of images and loss landscapes as figures."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from playground.figures.embedding import AMOUNTS, MappedImages, agreement_figure, embedding_figure, image_sheet
from playground.figures.landscape import PathMark, clipped, contour_figure, surface_figure
from playground.figures.theme import CORRECT, VALIDATION, alt_text, class_colour

DRAWS = np.random.default_rng(0)
PLACES = [DRAWS.normal(size=(40, 2)).astype(np.float32) for _ in range(3)]
LABELS = DRAWS.integers(0, 3, 40)
PREDICTED = np.where(np.arange(40) % 8 == 0, (LABELS + 1) % 3, LABELS)
IMAGES = MappedImages(LABELS, PREDICTED, np.full(40, 0.75, np.float32), np.arange(40) + 100, ("a", "b", "c"))
X, Y = np.linspace(-1, 1, 5), np.linspace(-2, 2, 7)
LOSSES = 0.01 + X[None, :] ** 2 + 3 * Y[:, None] ** 2
PATH = [PathMark(0.9, 1.5, 2.3, "before training"), PathMark(0.0, 0.0, 0.01, "epoch 1")]


def test_every_image_stands_at_its_place_in_the_colour_and_shape_of_its_class() -> None:
    figure = embedding_figure(PLACES[:1], ["Dense"], IMAGES, colour_by="class")
    seen = {}
    for trace in figure.data:
        for row, x, y in zip(trace.customdata, trace.x, trace.y, strict=True):
            assert (x, y) == pytest.approx(tuple(PLACES[0][row]), rel=1e-3)
            seen[row] = (trace.name, trace.marker.color)
    assert seen == {row: ("abc"[label], class_colour(label)) for row, label in enumerate(LABELS)}
    assert len({trace.marker.symbol for trace in figure.data}) == 3 and not figure.frames
    assert "40 images" in alt_text(figure) and "5 are told wrong" in alt_text(figure)


def test_mistakes_have_a_colour_and_a_shape_of_their_own() -> None:
    right, wrong = embedding_figure(PLACES[:1], ["Dense"], IMAGES, colour_by="mistake").data
    assert list(wrong.customdata) == [0, 8, 16, 24, 32] and len(right.customdata) == 35
    assert (right.marker.color, wrong.marker.color) == (CORRECT, VALIDATION) and right.marker.symbol != wrong.marker.symbol


def test_each_layer_is_a_frame_of_the_same_points_within_the_same_axes() -> None:
    figure = embedding_figure(PLACES, ["x", "y", "z"], IMAGES, colour_by="class")
    assert [frame.name for frame in figure.frames] == ["0", "1", "2"]
    for frame, places in zip(figure.frames, PLACES, strict=True):
        for trace, moved in zip(figure.data, frame.data, strict=True):
            np.testing.assert_allclose(moved.x, places[list(trace.customdata), 0], rtol=1e-3)
        assert figure.layout.xaxis.range[0] < places[:, 0].min() and places[:, 0].max() < figure.layout.xaxis.range[1]


def test_words_say_what_an_image_is_and_what_it_was_read_as() -> None:
    assert IMAGES.words(0).startswith(f"No. 100: {'abc'[LABELS[0]]}, read as {'abc'[PREDICTED[0]]} (75")
    assert "read right" in IMAGES.words(1)


def test_two_hundred_classes_have_no_legend_that_hides_the_map() -> None:
    many = MappedImages(np.arange(200), np.arange(200), np.ones(200, np.float32), np.arange(200), [str(i) for i in range(200)])
    figure = embedding_figure([DRAWS.normal(size=(200, 2)).astype(np.float32)], ["x"], many, colour_by="class")
    assert len(figure.data) == 200 and not figure.layout.showlegend


def test_the_sheet_holds_every_image_at_its_row() -> None:
    images = DRAWS.integers(0, 256, (60, 1, 4, 5), dtype=np.uint8)
    address, columns = image_sheet(images)
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))))
    for row in (0, 49, 50, 59):
        top, left = row // columns * 4, row % columns * 5
        np.testing.assert_array_equal(sheet[top : top + 4, left : left + 5], images[row, 0])
    colours = image_sheet(DRAWS.integers(0, 256, (3, 3, 4, 5), dtype=np.uint8))[0]
    assert Image.open(io.BytesIO(base64.b64decode(colours.split(",")[1]))).mode == "RGB"


def test_agreement_is_drawn_in_percent() -> None:
    figure = agreement_figure(["pixels", "dense"], [0.7, 0.985])
    assert list(figure.data[0].y) == [70, 98.5] and "dense 98 %" in alt_text(figure)


def test_heights_are_losses_or_their_logarithms_and_hovering_tells_the_loss() -> None:
    plain = surface_figure(X, Y, LOSSES, PATH, titles=("one", "two"), logarithmic=False)
    np.testing.assert_allclose(plain.data[0].z, LOSSES)
    for draw in (surface_figure, contour_figure):
        figure = draw(X, Y, LOSSES, PATH, titles=("one", "two"), logarithmic=True)
        np.testing.assert_allclose(figure.data[0].z, np.log10(LOSSES))
        np.testing.assert_allclose(figure.data[0].customdata, LOSSES)
        assert list(figure.data[1].x) == [0.9, 0.0] and list(figure.data[1].text) == ["before training", "epoch 1"]
        assert "from 0.01 to 13" in alt_text(figure) and "2 moments" in alt_text(figure)
    assert plain.data[1].z == pytest.approx((2.3, 0.01)), "the path runs at the height of its own losses"


def test_on_a_phone_the_surface_is_the_same_seen_from_further_away() -> None:
    layout = surface_figure(X, Y, LOSSES, PATH, titles=("one", "two"), logarithmic=True).to_dict()["layout"]
    narrow = layout["meta"]["narrow"]
    near, far = (np.array([scene["camera"]["eye"][axis] for axis in "xyz"]) for scene in (layout["scene"], narrow["scene"]))
    assert np.linalg.norm(far) > np.linalg.norm(near) and narrow["height"] < layout["height"]
    np.testing.assert_allclose(np.cross(near, far), 0, atol=1e-12)  # in the same direction
    assert narrow["scene"]["xaxis"] == layout["scene"]["xaxis"]


def test_what_is_no_number_is_drawn_as_high_as_the_highest() -> None:
    broken = LOSSES.copy()
    broken[0, 0] = np.nan
    assert clipped(broken)[0, 0] == np.nanmax(broken)
    for losses in (broken, np.full_like(LOSSES, np.nan), np.zeros_like(LOSSES)):
        for draw in (surface_figure, contour_figure):
            for logarithmic in (True, False):
                path = [*PATH, PathMark(0.1, 0.1, float("nan"), "epoch 2"), PathMark(0.1, 0.1, float("inf"), "epoch 3")]
                figure = draw(X, Y, losses, path, titles=("one", "two"), logarithmic=logarithmic)
                assert np.isfinite(figure.data[0].z).all()


def test_numbers_are_told_as_numbers_and_coloured_in_order() -> None:
    values = np.array([1.0, 25.0, 173.0])
    groups = np.array([0, 1, 2])
    said = values + 0.5
    images = MappedImages(groups, groups, np.ones(3, np.float32), np.arange(3), ("a", "b", "c"), "rows", values, said)
    assert images.words(2) == "No. 2: 173, said 173.5"
    figure = embedding_figure([np.arange(6, dtype=np.float32).reshape(3, 2)], ["Dense"], images, colour_by="class")
    assert [trace.marker.color for trace in figure.data] == [AMOUNTS[0], AMOUNTS[2], AMOUNTS[4]]
    assert "true value" in alt_text(figure) and "wrong" not in alt_text(figure)
