"""Numbers in words and signs."""

from __future__ import annotations

import math

import pytest

from playground.insight.written import bracketed, written


@pytest.mark.parametrize(
    "value, digits, text",
    [
        (0.0, 4, "0"),
        (-0.02311, 3, "−0.0231"),
        (3.0949e-19, 3, "3.09×10⁻¹⁹"),
        (-1e10, 2, "−1×10¹⁰"),
        (math.inf, 4, "no number"),
    ],
)
def test_numbers_are_written_as_by_hand(value: float, digits: int, text: str) -> None:
    assert written(value, digits) == text


def test_negative_numbers_behind_an_operator_stand_in_brackets() -> None:
    assert bracketed("0.9 · −0.5 + 0.1 · −2×10⁻⁵") == "0.9 · (−0.5) + 0.1 · (−2×10⁻⁵)"
    assert bracketed("−0.5 − 0.1 · −0.3²") == "−0.5 − 0.1 · (−0.3)²"
    assert bracketed("max(0, −0.5)") == "max(0, −0.5)"
