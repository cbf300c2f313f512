"""The colours stay apart for eyes of every kind, on a light and on a dark page."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from playground.figures.theme import CLASS_COLOURS, CORRECT, DIVERGING, ON_DARK, TRAINING, VALIDATION

DIGITS = CLASS_COLOURS[:10]
CLEARLY_APART = 15.0  # CIE 1976 colour difference; about 2 can just be seen side by side
WHITE, DARK = "#FFFFFF", "#1A1A1A"

# What is left of linear RGB without one kind of cone: Machado, Oliveira, Fernandes (2009), "A Physiologically-based Model for
# Simulation of Color Vision Deficiency", severity 1.
VISIONS = {
    "all cones": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
D65 = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> NDArray[np.float64]:
    """sRGB's transfer function, IEC 61966-2-1."""
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(colour: str, vision: str) -> NDArray[np.float64]:
    """CIE L*a*b* of a colour as these eyes see it."""
    ratios = TO_XYZ @ np.clip(VISIONS[vision] @ linear(colour), 0, 1) / D65
    f = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(first: str, second: str, vision: str) -> float:
    return float(np.linalg.norm(lab(first, vision) - lab(second, vision)))


def contrast(first: str, second: str) -> float:
    """WCAG 2's contrast ratio."""
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("vision", VISIONS)
def test_no_two_digits_have_colours_alike(vision: str) -> None:
    closest = min(combinations(DIGITS, 2), key=lambda pair: difference(*pair, vision))
    assert difference(*closest, vision) > CLEARLY_APART, closest


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(
    "pair",
    [
        (TRAINING, VALIDATION),
        (ON_DARK[TRAINING], ON_DARK[VALIDATION]),
        (CORRECT, VALIDATION),
        (DIVERGING[0][1], DIVERGING[-1][1]),
        (DIVERGING[1][1], DIVERGING[-2][1]),
    ],
)
def test_what_stands_against_each_other_is_far_apart(pair: tuple[str, str], vision: str) -> None:
    assert difference(*pair, vision) > 2 * CLEARLY_APART


@pytest.mark.parametrize("page", [WHITE, DARK])
def test_every_digit_shows_on_both_themes(page: str) -> None:
    assert min(contrast(colour, page) for colour in DIGITS) > 2
