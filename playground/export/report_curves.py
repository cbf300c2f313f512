"""Curves as an SVG that needs no script and prints sharp; what is drawn, and in which colours, is the live chart's."""

from __future__ import annotations

import html
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.figures.columns import HistoryColumns
from playground.figures.curves import CurveOptions, Curves, build_curves
from playground.training.history import History

SMOOTHING = 0.9
WIDTH, HEIGHT = 720, 300
PANEL_WIDTH, TOP, BOTTOM, LEFT = 300, 56, 44, 48
DASHES = {"dot": "2 4", "solid": ""}
TITLES = {"y": ("Loss", "lower is better"), "y2": ("Accuracy", "higher is better")}

Floats = npt.NDArray[np.float64]


def curves_svg(history: History) -> str:
    """Loss and accuracy side by side; empty when nothing was learned yet."""
    if not history.batch_steps and not history.epochs:
        return ""
    columns = HistoryColumns(SMOOTHING)
    columns.update(history)
    per_epoch = history.started.batches_per_epoch if history.started else None
    curves = build_curves(columns, history.epochs, CurveOptions(batches_per_epoch=per_epoch))
    panels = _panel(curves, "y", LEFT) + _panel(curves, "y2", LEFT + PANEL_WIDTH + 60)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(curves.alt, quote=True)}" '
        f'xmlns="http://www.w3.org/2000/svg" class="curves">{_legend(curves)}{panels}</svg>'
    )


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, 1, 2 or 5 times a power of ten apart, at most `most` of them."""
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _panel(curves: Curves, y_axis: str, left: float) -> str:
    """One set of axes with its curves; `left` is where its vertical axis stands."""
    suffix = y_axis.removeprefix("y")
    x_low, x_high = _span(curves.layout[f"xaxis{suffix}"])
    y_low, y_high = _span(curves.layout[f"yaxis{suffix}"])
    bottom, height = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP

    def across(x: Floats | float) -> Any:
        return left + PANEL_WIDTH * (x - x_low) / (x_high - x_low)

    def up(y: Floats | float) -> Any:
        return bottom - height * (y - y_low) / (y_high - y_low)

    parts = []
    for tick in ticks(y_low, y_high):
        label = f"{tick:g}%" if suffix else f"{tick:g}"
        parts.append(f'<line class="grid" x1="{left}" x2="{left + PANEL_WIDTH}" y1="{up(tick):.1f}" y2="{up(tick):.1f}"/>')
        parts.append(f'<text x="{left - 6}" y="{up(tick) + 4:.1f}" text-anchor="end">{label}</text>')
    for tick in ticks(x_low, x_high):
        parts.append(f'<text x="{across(tick):.1f}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>')
    x_title = "epoch" if "epoch" in curves.layout["xaxis"]["title"]["text"] else "batch"
    parts.append(f'<text x="{left + PANEL_WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">{x_title}</text>')
    title, meaning = TITLES[y_axis]
    parts.append(f'<text x="{left}" y="{TOP - 12}"><tspan class="title">{title}</tspan>: {meaning}</text>')
    for trace in curves.traces:
        if trace["yaxis"] == y_axis:
            parts.append(_curve(trace, across, up, y_low, y_high))
    parts.append(f'<path class="axis" d="M{left} {TOP} V{bottom} H{left + PANEL_WIDTH}"/>')
    return "".join(parts)


def _span(axis: dict[str, Any]) -> tuple[float, float]:
    low, high = axis["autorangeoptions"]["include"]
    return float(low), float(high)


def _curve(trace: dict[str, Any], across: Any, up: Any, y_low: float, y_high: float) -> str:
    """One trace: a line, which breaks where there is no number, and its markers."""
    x, y = np.asarray(trace["x"], dtype=np.float64), np.asarray(trace["y"], dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return ""
    places = np.stack([across(x), up(np.clip(y, y_low, y_high))], axis=1)  # (n, 2)
    words, pen_is_down = [], False
    for (right, below), there in zip(places, known, strict=True):
        if there:
            words.append(f"{'L' if pen_is_down else 'M'}{right:.1f} {below:.1f}")
        pen_is_down = bool(there)
    line = trace["line"]
    dash = f' stroke-dasharray="{DASHES[line["dash"]]}"' if DASHES.get(line.get("dash", "solid")) else ""
    style = f'stroke="{line["color"]}" stroke-width="{line["width"]}" opacity="{trace.get("opacity", 1)}"{dash}'
    drawn = f'<path class="curve" d="{"".join(words)}" {style}/>'
    if "marker" in trace:
        drawn += "".join(_marker(trace, right, below) for right, below in places[known])
    return drawn


def _marker(trace: dict[str, Any], x: float, y: float) -> str:
    size, colour = trace["marker"]["size"] / 2, trace["marker"]["color"]
    if trace["marker"]["symbol"] == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}" fill="{colour}"/>'
    return f'<path d="M{x:.1f} {y - size:.1f}l{size} {size}l{-size} {size}l{-size} {-size}z" fill="{colour}"/>'


def _legend(curves: Curves) -> str:
    """One entry for each curve that has points, in a row."""
    shown = [
        trace for trace in curves.traces if trace["showlegend"] and np.isfinite(np.asarray(trace["y"], dtype=np.float64)).any()
    ]
    parts = []
    for number, trace in enumerate(shown):
        x = LEFT + 210 * number
        dash = DASHES.get(trace["line"].get("dash", "solid"))
        parts.append(
            f'<line x1="{x}" x2="{x + 26}" y1="12" y2="12" stroke="{trace["line"]["color"]}" stroke-width="2.5"'
            f"{f' stroke-dasharray={chr(34)}{dash}{chr(34)}' if dash else ''}/>"
        )
        if "marker" in trace:
            parts.append(_marker(trace, x + 13, 12))
        parts.append(f'<text x="{x + 32}" y="16">{html.escape(trace["name"])}</text>')
    return "".join(parts)
