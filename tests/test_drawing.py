"""Preparation of drawings. Oracles: scipy's centre of mass, MNIST's own images, drawings made with Pillow."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from redraw import load_digits, redraw
from scipy import ndimage
from torch import nn

from playground.drawing import Preparation, prepare


def a_seven(left: int = 90, top: int = 60, width: int = 18, size: tuple[int, int] = (280, 280)) -> np.ndarray:
    """Ink coverage 0..255 of a hand-like 7, 80 x 120 pixels of middle line, with soft edges, uint8 (h, w)."""
    image = Image.new("L", (size[1] * 4, size[0] * 4))
    line = [((left + x) * 4, (top + y) * 4) for x, y in ((0, 0), (80, 0), (30, 120))]
    ImageDraw.Draw(image).line(line, fill=255, width=width * 4, joint="curve")
    return np.asarray(image.reduce(4))


def on_canvas(coverage: np.ndarray, ink: tuple[int, int, int], paper: tuple[int, int, int, int]) -> np.ndarray:
    """RGBA pixels of ink on paper, as a browser composes them."""
    image = Image.new("RGBA", coverage.shape[::-1], paper)
    layer = Image.merge("RGBA", [Image.new("L", image.size, level) for level in ink] + [Image.fromarray(coverage)])
    return np.asarray(Image.alpha_composite(image, layer))


def sides(image: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(image)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def mean_difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.fixture(scope="module")
def seven() -> np.ndarray:
    return prepare(a_seven()).image


def test_a_drawing_becomes_a_28x28_image_with_its_longest_side_at_20_pixels(seven: np.ndarray) -> None:
    assert seven.shape == (28, 28)
    assert seven.dtype == np.uint8
    assert max(sides(seven)) == 20
    assert seven.max() > 240


def test_the_aspect_ratio_is_kept(seven: np.ndarray) -> None:
    height, width = sides(a_seven())
    assert sides(seven)[1] == pytest.approx(20 * width / height, abs=0.6)


@pytest.mark.parametrize("draw", [(20, 20, 12), (90, 60, 18), (150, 130, 24)])
def test_the_centre_of_mass_lies_where_mnist_has_it(draw: tuple[int, int, int]) -> None:
    image = prepare(a_seven(*draw)).image
    assert np.abs(np.array(ndimage.center_of_mass(image)) - 14).max() <= 0.5


@pytest.mark.parametrize("place", [(30, 20), (60, 140), (170, 90), (95, 61)])
def test_the_same_drawing_at_another_place_gives_the_same_image(seven: np.ndarray, place: tuple[int, int]) -> None:
    assert np.array_equal(prepare(a_seven(*place)).image, seven)


def test_the_size_of_the_sheet_does_not_matter(seven: np.ndarray) -> None:
    assert np.array_equal(prepare(a_seven(100, 300, size=(700, 333))).image, seven)


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((0, 0, 0), (255, 255, 255, 255)),
        ((255, 255, 255), (0, 0, 0, 255)),
        ((255, 255, 255), (90, 90, 90, 255)),
        ((20, 40, 160), (240, 230, 200, 255)),
        ((220, 40, 40), (40, 132, 40, 255)),
        ((0, 0, 0), (0, 0, 0, 0)),
        ((255, 255, 255), (0, 0, 0, 0)),
        ((200, 30, 30), (255, 255, 255, 0)),
    ],
    ids=["dark", "light", "light-on-grey", "blue", "red-on-green", "dark-on-nothing", "light-on-nothing", "red-on-nothing"],
)
def test_any_ink_on_any_paper_gives_the_same_image(seven: np.ndarray, ink: tuple, paper: tuple) -> None:
    image = prepare(on_canvas(a_seven(), ink, paper)).image
    assert mean_difference(image, seven) < 0.5


@pytest.mark.parametrize("dark_on_light", [True, False])
def test_the_polarity_can_be_set_by_hand(seven: np.ndarray, dark_on_light: bool) -> None:
    pixels = 255 - a_seven() if dark_on_light else a_seven()
    assert np.array_equal(prepare(pixels, Preparation(invert=dark_on_light)).image, seven)
    assert mean_difference(prepare(pixels, Preparation(invert=not dark_on_light)).image, seven) > 20


def test_a_cut_out_sheet_of_paper_is_not_taken_for_ink(seven: np.ndarray) -> None:
    pixels = np.zeros((400, 400, 4), np.uint8)
    pixels[60:340, 50:330] = on_canvas(a_seven(), (0, 0, 0), (255, 255, 255, 255))
    assert mean_difference(prepare(pixels).image, seven) < 0.5


@pytest.mark.parametrize("kind", ["rgb", "float", "float 0..255"])
def test_every_kind_of_array_is_taken(seven: np.ndarray, kind: str) -> None:
    grey = a_seven()
    arrays = {"rgb": np.dstack([grey] * 3), "float": grey / 255.0, "float 0..255": grey.astype(np.float64)}
    assert mean_difference(prepare(arrays[kind]).image, seven) < 0.1


def test_black_and_white_is_the_same_as_bool_and_as_bytes() -> None:
    solid = a_seven() > 127
    assert np.array_equal(prepare(solid).image, prepare(solid.astype(np.uint8) * 255).image)


def test_a_faint_pencil_is_as_good_as_black_ink(seven: np.ndarray) -> None:
    assert mean_difference(prepare(on_canvas(a_seven(), (190, 190, 190), (255, 255, 255, 255))).image, seven) < 1


def test_a_photo_with_uneven_light_and_noise_gives_the_drawing(seven: np.ndarray) -> None:
    rows, columns = np.mgrid[0:280, 0:280] / 280
    light = 210 - 70 * rows - 40 * columns + np.random.default_rng(0).normal(0, 4, (280, 280))
    photo = (light * (1 - 0.7 * a_seven() / 255.0)).clip(0, 255).astype(np.uint8)
    image = prepare(photo).image
    assert max(sides(image)) == 20
    assert mean_difference(image, seven) < 5
    assert np.corrcoef(image.ravel(), seven.ravel())[0, 1] > 0.97


def test_a_photo_of_empty_paper_is_empty() -> None:
    rows, columns = np.mgrid[0:200, 0:300] / 200
    light = 220 - 50 * rows - 30 * columns + np.random.default_rng(0).normal(0, 3, (200, 300))
    assert prepare(light.clip(0, 255).astype(np.uint8)).is_empty


@pytest.mark.parametrize("colour", [(0, 0, 0, 0), (255, 255, 255, 255), (0, 0, 0, 255), (120, 60, 9, 255), (255, 255, 255, 0)])
def test_a_canvas_without_ink_is_a_state_and_not_an_error(colour: tuple[int, ...]) -> None:
    prepared = prepare(np.full((280, 280, 4), colour, np.uint8))
    assert prepared.is_empty
    assert prepared.image.shape == (28, 28)
    assert not prepared.image.any()
    assert [step.name for step in prepared.steps] == ["ink"]


def test_an_image_without_pixels_is_empty() -> None:
    assert prepare(np.zeros((0, 5), np.uint8)).is_empty


@pytest.mark.parametrize("place", [(0, 0), (100, 200), (279, 279)])
def test_a_single_pixel_of_ink_is_a_drawing(place: tuple[int, int]) -> None:
    pixels = np.full((280, 280), 255, np.uint8)
    pixels[place] = 0
    prepared = prepare(pixels)
    assert not prepared.is_empty
    assert sides(prepared.image) == (20, 20)


def test_ink_that_touches_the_border_is_whole(seven: np.ndarray) -> None:
    whole = a_seven()
    rows, columns = np.nonzero(whole)
    tight = whole[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    in_the_corner = np.zeros((280, 280), np.uint8)
    in_the_corner[: tight.shape[0], -tight.shape[1] :] = tight
    assert np.array_equal(prepare(in_the_corner).image, seven)
    assert mean_difference(prepare(255 - tight).image, seven) < 0.5


@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize("pen", [True, False])
def test_a_thin_line_keeps_at_least_a_pixel_of_width(upright: bool, pen: bool) -> None:
    pixels = np.zeros((280, 280), np.uint8)
    pixels[10:270, 140:142] = 255
    image = prepare(pixels if upright else pixels.T, Preparation(pen=pen)).image
    height, width = sides(image if upright else image.T)
    assert height == 20
    assert width in (1, 2)


def test_a_lopsided_drawing_is_never_pushed_over_the_edge() -> None:
    pixels = np.zeros((280, 280), np.uint8)
    pixels[20:30, 20:260] = 255
    pixels[10:60, 200:270] = 255
    image = prepare(pixels, Preparation(pen=False)).image
    assert max(sides(image)) == 20


def test_without_crop_the_place_and_size_on_the_sheet_are_kept() -> None:
    prepared = prepare(a_seven(20, 30), Preparation(crop=False, pen=False, scale=False, centre_of_mass=False))
    expected = np.asarray(Image.fromarray(a_seven(20, 30)).reduce(10))
    assert mean_difference(prepared.image, expected) < 3
    assert [step.applied for step in prepared.steps] == [True, False, False, False, False]


def test_without_scaling_a_digit_drawn_small_stays_small() -> None:
    off = Preparation(scale=False, pen=False)
    assert max(sides(prepare(a_seven(), off).image)) == round(max(sides(a_seven())) / 10)
    sheet = np.kron(a_seven(), np.ones((3, 3), np.uint8))
    assert mean_difference(prepare(sheet, off).image, prepare(a_seven(), off).image) < 1


def test_without_the_centre_of_mass_the_box_is_in_the_middle() -> None:
    image = prepare(a_seven(), Preparation(centre_of_mass=False)).image
    rows, columns = np.nonzero(image)
    assert abs(rows.min() - (27 - rows.max())) <= 1
    assert abs(columns.min() - (27 - columns.max())) <= 1
    assert np.abs(np.array(ndimage.center_of_mass(image)) - 14).max() > 0.5


@pytest.mark.parametrize("width", [5, 30])
def test_the_pen_step_brings_strokes_towards_the_usual_width(seven: np.ndarray, width: int) -> None:
    drawn = a_seven(width=width)
    with_pen, without = prepare(drawn), prepare(drawn, Preparation(pen=False))
    usual, before, after = (int(image.astype(int).sum()) for image in (seven, without.image, with_pen.image))
    assert abs(after - usual) < 0.6 * abs(before - usual)
    assert max(sides(with_pen.image)) == 20
    assert next(step for step in with_pen.steps if step.name == "pen").applied


def test_the_pen_step_leaves_usual_strokes_alone() -> None:
    prepared = prepare(a_seven(width=18))
    pen = next(step for step in prepared.steps if step.name == "pen")
    assert not pen.applied
    assert pen.explanation.startswith("Nothing to do")


def test_every_step_shows_the_picture_after_it() -> None:
    prepared = prepare(on_canvas(a_seven(), (0, 0, 0), (255, 255, 255, 255)))
    shapes = {step.name: step.image.shape for step in prepared.steps}
    assert list(shapes) == ["ink", "crop", "pen", "scale", "centre_of_mass"]
    assert shapes["ink"] == (280, 280)
    assert shapes["crop"] == sides(a_seven())
    assert max(shapes["scale"]) == 20
    assert np.array_equal(prepared.steps[-1].image, prepared.image)
    assert np.array_equal(prepared.steps[0].image, a_seven())
    assert all(step.title and step.explanation and step.image.dtype == np.uint8 for step in prepared.steps)


@pytest.mark.parametrize("shape", [(5,), (4, 4, 2), (2, 4, 4, 3)])
def test_an_array_that_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        prepare(np.zeros(shape))


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        prepare(np.full((9, 9), np.nan))


def test_an_mnist_image_comes_out_as_it_went_in() -> None:
    for image in load_digits()[2][:200]:
        assert np.abs(prepare(image).image.astype(int) - image).max() <= 1
        assert np.abs(prepare(255 - image).image.astype(int) - image).max() <= 1


def test_redrawn_test_digits_are_read_nearly_as_well_as_the_originals() -> None:
    """At random place, size (30-100 %), brush and polarity: at most 2 points are lost (of 1,500 digits)."""
    x_train, y_train, x_test, y_test = load_digits()
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    x, y = torch.from_numpy(x_train.copy()), torch.from_numpy(y_train.astype(np.int64))
    for _ in range(4 if len(x) > 10_000 else 12):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[batch] / 255), y[batch]).backward()
            optimizer.step()

    random = np.random.default_rng(0)
    chosen = random.permutation(len(x_test))[:1500]
    drawings = [redraw(x_test[index], random) for index in chosen]
    assert {drawing.dark_on_light for drawing in drawings} == {True, False}
    assert min(drawing.size for drawing in drawings) < 0.32
    assert max(drawing.size for drawing in drawings) > 0.98

    def accuracy(images: np.ndarray) -> float:
        with torch.no_grad():
            guesses = network(torch.from_numpy(images.copy()) / 255).argmax(1).numpy()
        return 100 * float((guesses == y_test[chosen]).mean())

    original, redrawn = accuracy(x_test[chosen]), accuracy(np.stack([prepare(drawing.pixels).image for drawing in drawings]))
    assert original > 90
    assert original - redrawn <= 2, f"{original:.2f} % of the originals are read, {redrawn:.2f} % of the redrawn"
