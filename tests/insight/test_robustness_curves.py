"""Harder images: each corruption against scipy's or torch's own way, and the curves of a network trained on real digits."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage
from trained_runs import Trained, drain

from playground import data
from playground.errors import PlaygroundError
from playground.figures.robustness import wilson
from playground.insight.corruptions import CORRUPTIONS, blur, noise, rotation, shift, stroke
from playground.insight.networks import trained_network
from playground.insight.robustness import Robustness, chosen_rows, corrupted, robustness


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return data.load("mnist-5k").x_test[:20].numpy()


def draws() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("degrees", [10, 45, 90])
def test_rotation_is_scipys(digits: np.ndarray, degrees: float) -> None:
    turned = rotation(digits, degrees, draws())
    signs = draws().choice((-1.0, 1.0), len(digits))
    assert set(signs) == {-1.0, 1.0}
    for image, found, sign in zip(digits, turned, signs, strict=True):
        expected = ndimage.rotate(image[0].astype(float), sign * degrees, reshape=False, order=1, mode="grid-constant")
        assert np.abs(found[0] - expected).max() <= 1.0


@pytest.mark.parametrize("pixels", [1, 2.5, 10])
def test_shift_is_scipys(digits: np.ndarray, pixels: float) -> None:
    moved = shift(digits, pixels, draws())
    for image, found, angle in zip(digits, moved, draws().uniform(0, 2 * math.pi, len(digits)), strict=True):
        by = (pixels * math.sin(angle), pixels * math.cos(angle))
        expected = ndimage.shift(image[0].astype(float), by, order=1, mode="grid-constant")
        assert np.abs(found[0] - expected).max() <= 1.0


def test_pictures_that_are_no_squares_turn_without_being_squeezed() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 20, 32), dtype=np.uint8)
    turned = rotation(images, 30, draws())
    for image, found, sign in zip(images, turned, draws().choice((-1.0, 1.0), 4), strict=True):
        for channel in range(3):
            wanted = ndimage.rotate(image[channel].astype(float), sign * 30, reshape=False, order=1, mode="grid-constant")
            assert np.abs(found[channel] - wanted).max() <= 1.0


@pytest.mark.parametrize("spread", [0.5, 1.5, 3.0])
def test_blur_is_a_convolution_with_a_gaussian(digits: np.ndarray, spread: float) -> None:
    reach = int(4 * spread + 0.5)
    places = torch.arange(-reach, reach + 1, dtype=torch.float64)
    weights = torch.exp(-(places**2) / (2 * spread**2))
    weights /= weights.sum()
    pixels = torch.from_numpy(digits).double()
    rows = F.conv2d(pixels, weights.view(1, 1, -1, 1), padding=(reach, 0))
    expected = F.conv2d(rows, weights.view(1, 1, 1, -1), padding=(0, reach)).numpy()
    assert np.abs(blur(digits, spread, draws()) - expected).max() <= 1.0


@pytest.mark.parametrize("side", [2, 4])
def test_wider_strokes_are_torchs_max_pooling_and_thinner_ones_its_negative(digits: np.ndarray, side: int) -> None:
    pixels = torch.from_numpy(digits).double()
    grown = F.max_pool2d(pixels, side + 1, stride=1, padding=side // 2).numpy()
    np.testing.assert_array_equal(stroke(digits, side, draws()), grown)
    inside = slice(side, -side)
    shrunk = -F.max_pool2d(-pixels, side + 1, stride=1, padding=side // 2).numpy()
    np.testing.assert_array_equal(stroke(digits, -side, draws())[..., inside, inside], shrunk[..., inside, inside])


def test_a_line_becomes_as_many_pixels_wider_as_the_strength_says() -> None:
    line = np.zeros((1, 1, 28, 28), np.uint8)
    line[..., 12:15] = 255
    for strength in (-3, -2, -1, 0, 1, 2, 3, 4):
        assert (stroke(line, strength, draws())[0, 0, 14] > 0).sum() == 3 + strength


def test_noise_has_its_spread_and_is_cut_at_black_and_white() -> None:
    grey = np.full((50, 1, 28, 28), 128, np.uint8)
    found = noise(grey, 10, draws())
    assert found.std() == pytest.approx(25.5, rel=0.02) and found.mean() == pytest.approx(128, abs=0.5)
    strong = noise(grey, 80, draws())
    assert strong.min() == 0 and strong.max() == 255


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_every_corruption_keeps_the_form_changes_nothing_at_0_and_repeats(corruption, digits) -> None:  # type: ignore[no-untyped-def]
    assert 0 in corruption.strengths and list(corruption.strengths) == sorted(corruption.strengths)
    before = digits.copy()
    for strength in corruption.strengths:
        found = corrupted(digits, corruption, strength)
        assert found.shape == digits.shape and found.dtype == np.uint8
        np.testing.assert_array_equal(found, corrupted(digits, corruption, strength))
    np.testing.assert_array_equal(corruption.apply(digits, 0, draws()), digits)
    np.testing.assert_array_equal(digits, before)
    blank = np.zeros((2, 3, 8, 8), np.uint8)
    assert corruption.apply(blank, corruption.strengths[-1], draws()).shape == blank.shape


@pytest.fixture(scope="module")
def found(convolution: Trained) -> Robustness:
    return drain(robustness(convolution.run.to_json(), convolution.weights, images=300))[1]


def test_the_curves_are_those_of_the_network_asked_directly(found: Robustness, convolution: Trained) -> None:
    trained = trained_network(convolution.run, convolution.weights)
    images, labels, _ = trained.split("test")
    rows = chosen_rows(len(labels), 300)
    pictures, truth = images.numpy()[rows], labels.numpy()[rows]
    for curve, corruption in zip(found.curves, CORRUPTIONS, strict=True):
        assert curve.name == corruption.name and curve.strengths.tolist() == list(corruption.strengths)
        for place in (0, len(corruption.strengths) - 1):
            strength = corruption.strengths[place]
            changed = np.concatenate([corrupted(pictures[i : i + 250], corruption, strength, i) for i in (0, 250)])
            with torch.no_grad():
                shares = trained.network(trained.batches.inputs(torch.from_numpy(changed))).softmax(1).numpy()
            assert curve.right[place] == (shares.argmax(axis=1) == truth).sum()
            assert curve.confidence[place] == pytest.approx(shares.max(axis=1).mean(), abs=1e-5)
            np.testing.assert_array_equal(curve.samples[place], changed[:12])
            np.testing.assert_array_equal(curve.sample_predicted[place], shares.argmax(axis=1)[:12])


def test_unchanged_images_count_alike_in_every_curve_and_hard_ones_are_read_worse(found: Robustness) -> None:
    clean = {int(curve.right[curve.strengths.tolist().index(0)]) for curve in found.curves}
    assert len(clean) == 1
    assert all(curve.right.min() < 0.8 * max(clean) for curve in found.curves)
    assert pickle.loads(pickle.dumps(found)).images == 300


def test_progress_ends_at_its_total_and_few_images_are_enough(convolution: Trained) -> None:
    progress, small = drain(robustness(convolution.run.to_json(), convolution.weights, images=2))
    done = [told.done for told in progress]
    assert done == sorted(done) and done[-1] == progress[-1].total
    assert small.images == 2 and small.curves[0].samples.shape[:2] == (7, 2)


def test_fewer_images_are_a_part_of_more() -> None:
    np.testing.assert_array_equal(chosen_rows(1000, 200), chosen_rows(1000, 500)[:200])
    assert sorted(chosen_rows(30, 1000)) == list(range(30))


def test_weights_that_are_no_numbers_are_a_sentence(dense: Trained) -> None:
    broken = {name: torch.full_like(tensor, float("inf")) for name, tensor in dense.weights.items()}
    with pytest.raises(PlaygroundError, match="not numbers"):
        drain(robustness(dense.run.to_json(), broken, images=20))


def test_the_interval_is_wilsons() -> None:
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    low, high = wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(1.0, 10)[1] == pytest.approx(1.0) and wilson(0.0, 10)[0] == pytest.approx(0.0)
