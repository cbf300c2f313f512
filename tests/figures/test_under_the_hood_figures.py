"""Figures of what goes on inside the layers: what stands in them is what was measured."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from playground.figures.theme import alt_text
from playground.figures.under_the_hood import (
    GOOD_RATIO,
    activation_figure,
    gradient_figure,
    idle_figure,
    measures_table,
    number,
    rate_figure,
    update_figure,
)
from playground.training.events import LayerMeasures, LayersMeasured

NAMES = {1: "2. Dense 16", 3: "4. Dense <10>"}


def look(step: int, gradient: float = 0.5, ratio: float = 0.002, dead: float | None = 0.25) -> LayersMeasured:
    return LayersMeasured(
        step,
        step / 100,
        0.1 / step,
        (
            LayerMeasures(1, gradient, ratio, 0.3, 0.4, dead, None),
            LayerMeasures(3, 2 * gradient, 3 * ratio, -1.5, 2.5, None, None),
        ),
    )


LOOKS = [look(1 + 50 * number, gradient=0.5 / (number + 1)) for number in range(12)]


def lines(figure: object) -> dict[str, object]:
    return {trace.name: trace for trace in figure.data}  # type: ignore[attr-defined]


def test_each_layer_has_its_line_with_the_measured_values() -> None:
    for make, values in (
        (gradient_figure, lambda layer: layer.gradient_norm),
        (update_figure, lambda layer: layer.update_ratio),
    ):
        figure = make(LOOKS, NAMES)
        found = lines(figure)
        assert list(found) == list(NAMES.values())
        for place, trace in enumerate(found.values()):
            assert list(trace.x) == [look.epoch for look in LOOKS]  # type: ignore[attr-defined]
            assert list(trace.y) == [values(look.layers[place]) for look in LOOKS]  # type: ignore[attr-defined]
        assert figure.layout.yaxis.type == "log" and figure.layout.height
        low, high = figure.layout.yaxis.range
        drawn = np.concatenate([trace.y for trace in figure.data])
        assert 10**low <= drawn.min() and drawn.max() <= 10**high


def test_the_rule_of_thumb_is_marked_and_within_the_axis() -> None:
    figure = update_figure([look(1, ratio=5.0)], NAMES)
    band, line = figure.layout.shapes
    assert band.y0 < GOOD_RATIO < band.y1 and line.y0 == line.y1 == GOOD_RATIO
    assert 10 ** figure.layout.yaxis.range[0] <= band.y0 and 10 ** figure.layout.yaxis.range[1] >= 15.0


def test_numbers_that_are_0_or_ran_away_leave_a_gap_and_no_error() -> None:
    wild = [look(1), look(51, gradient=0.0, ratio=0.0), look(101, gradient=math.inf, ratio=math.inf)]
    figure = gradient_figure(wild, NAMES)
    assert [bool(np.isfinite(value)) for value in figure.data[0].y] == [True, False, False]
    for make in (gradient_figure, update_figure, idle_figure):
        make(wild, NAMES).to_json()
        make([look(1, gradient=0.0, ratio=0.0)], NAMES).to_json()
    bad = LayersMeasured(1, 0.1, 0.1, (LayerMeasures(1, math.inf, math.inf, math.inf, math.inf, 0.0, None),))
    assert activation_figure(bad, bad, NAMES).data[0].y == (None,)
    assert measures_table(bad, NAMES).count("beyond all bounds") == 4


def test_outputs_of_now_stand_beside_those_of_the_first_batch() -> None:
    found = lines(activation_figure(LOOKS[0], LOOKS[-1], NAMES))
    now = found["now"]
    assert list(now.y) == [0.3, -1.5] and list(now.error_y.array) == [0.4, 2.5]  # type: ignore[attr-defined]
    assert "first batch" in found


def test_dead_units_are_drawn_in_percent_for_layers_that_can_have_them() -> None:
    figure = idle_figure(LOOKS, NAMES)
    assert [trace.name for trace in figure.data] == ["2. Dense 16"]
    assert set(figure.data[0].y) == {25.0}
    assert "25 %" in alt_text(figure)


def test_the_rates_are_those_in_force() -> None:
    assert list(rate_figure(LOOKS).data[0].y) == [look.learning_rate for look in LOOKS]


def test_the_table_tells_the_latest_look_in_words_and_escapes_names() -> None:
    table = measures_table(look(1, gradient=0.00002, ratio=0.2, dead=0.75), NAMES)
    text = re.sub(r"<[^>]+>", "|", table.split("</style>")[1])
    assert "▲ large" in text and "75 % dead ▲ many" in text and "&lt;10&gt;" in text and "2.0 · 10|−5|" in text
    assert "0.3 ± 0.4" in text


@pytest.mark.parametrize(
    "value, words",
    [(0.0, "0"), (0.1234, "0.123"), (1234.0, "1,234"), (math.inf, "beyond all bounds"), (3e-7, "3.0 · 10<sup>−7</sup>")],
)
def test_numbers_are_short_whatever_their_size(value: float, words: str) -> None:
    assert number(value) == words


def test_fifty_layers_and_300_looks_stay_few_points() -> None:
    names = {index: f"{index + 1}. Dense 8" for index in range(50)}
    looks = [
        LayersMeasured(step, step / 10, 0.1, tuple(LayerMeasures(i, 0.1, 0.1, 0.0, 1.0, None, 0.5) for i in range(50)))
        for step in range(1, 301)
    ]
    for figure in (gradient_figure(looks, names), update_figure(looks, names), idle_figure(looks, names)):
        assert len(figure.data) == 50 and sum(len(trace.x) for trace in figure.data) <= 2500
    assert len(activation_figure(looks[0], looks[-1], names).data[0].x) == 50
