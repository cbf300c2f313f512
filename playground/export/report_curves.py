"""Curves as SVGs that need no script and print sharp; what is drawn, and in which colours, is the live chart's."""

from __future__ import annotations

import html
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.figures.columns import HistoryColumns
from playground.figures.curves import CurveOptions, Curves, build_curves
from playground.training.history import History

WIDTH, HEIGHT = 360, 262
PANEL_WIDTH, TOP, BOTTOM, LEFT = 300, 26, 44, 48
DASHES = {"dot": "2 4", "solid": ""}
TITLES = {"y": ("Loss", "lower is better"), "y2": ("Accuracy", "higher is better")}

Floats = npt.NDArray[np.float64]


def curves_svg(history: History) -> str:
    """Loss and accuracy, one SVG each, with their legend; empty when nothing was learned yet."""
    if not history.batch_steps and not history.epochs:
        return ""
    # The more batches, the more of them are averaged: about a twentieth of a short run.
    columns = HistoryColumns(1 - min(0.5, max(0.03, 20 / max(1, len(history.batch_steps)))))
    columns.update(history)
    per_epoch = history.started.batches_per_epoch if history.started else None
    curves = build_curves(columns, history.epochs, CurveOptions(batches_per_epoch=per_epoch))
    words = html.escape(curves.alt, quote=True)
    return (
        f'<div class="legend">{_legend(curves)}</div>'
        f'<div class="curves" role="img" aria-label="{words}">{_panel(curves, "y")}{_panel(curves, "y2")}</div>'
    )


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, 1, 2 or 5 times a power of ten apart, at most `most` of them."""
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _panel(curves: Curves, y_axis: str) -> str:
    """One set of axes with its curves."""
    left = LEFT
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
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" xmlns="http://www.w3.org/2000/svg" aria-hidden="true">{"".join(parts)}</svg>'


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
    entries = []
    for trace in curves.traces:
        if not trace["showlegend"] or not np.isfinite(np.asarray(trace["y"], dtype=np.float64)).any():
            continue
        dash = DASHES.get(trace["line"].get("dash", "solid"))
        style = f' stroke-dasharray="{dash}"' if dash else ""
        line = f'<line x1="0" x2="30" y1="6" y2="6" stroke="{trace["line"]["color"]}" stroke-width="2.5"{style}/>'
        mark = _marker(trace, 15, 6) if "marker" in trace else ""
        swatch = f'<svg width="30" height="12" xmlns="http://www.w3.org/2000/svg" aria-hidden="true">{line}{mark}</svg>'
        entries.append(f"<span>{swatch} {html.escape(trace['name'])}</span>")
    return "".join(entries)
