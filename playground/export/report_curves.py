"""Curves as SVGs that need no script and print sharp; what is drawn, and in which colours, is the live chart's."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from playground.export.report_axes import across_and_up, grid
from playground.figures.columns import HistoryColumns
from playground.figures.curves import CurveOptions, Curves, build_curves
from playground.figures.score import SCALES
from playground.training.history import History

WIDTH, HEIGHT = 360, 262
PANEL_WIDTH, TOP, BOTTOM, LEFT = 300, 26, 44, 48
DASHES = {"dot": "2 4", "solid": ""}


def curves_svg(history: History, score: str = "accuracy") -> str:
    """Loss and score ("accuracy" or "R²"), one SVG each, with their legend; empty when nothing was learned yet."""
    if not history.batch_steps and not history.epochs:
        return ""
    # The more batches, the more of them are averaged: about a twentieth of a short run.
    columns = HistoryColumns(1 - min(0.5, max(0.03, 20 / max(1, len(history.batch_steps)))))
    columns.update(history)
    per_epoch = history.started.batches_per_epoch if history.started else None
    curves = build_curves(columns, history.epochs, CurveOptions(batches_per_epoch=per_epoch, score=score))
    scale = SCALES[score]
    loss = _panel(curves, "y", "Loss", "lower is better", "")
    scores = _panel(curves, "y2", scale.title, "higher is better", scale.tick_unit)
    words = html.escape(curves.alt, quote=True)
    return f'<div class="legend">{_legend(curves)}</div><div class="curves" role="img" aria-label="{words}">{loss}{scores}</div>'


def _panel(curves: Curves, y_axis: str, title: str, meaning: str, unit: str) -> str:
    """One set of axes with its curves."""
    suffix = y_axis.removeprefix("y")
    x_span, y_span = _span(curves.layout[f"xaxis{suffix}"]), _span(curves.layout[f"yaxis{suffix}"])
    frame = (LEFT, LEFT + PANEL_WIDTH, HEIGHT - BOTTOM, TOP)
    across, up = across_and_up(frame, x_span, y_span)
    parts = [grid(frame, x_span, y_span, unit)]
    x_title = "epoch" if "epoch" in curves.layout["xaxis"]["title"]["text"] else "batch"
    parts.append(f'<text x="{LEFT + PANEL_WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">{x_title}</text>')
    parts.append(f'<text x="{LEFT}" y="{TOP - 12}"><tspan class="title">{title}</tspan>: {meaning}</text>')
    for trace in curves.traces:
        if trace["yaxis"] == y_axis:
            parts.append(_curve(trace, across, up, *y_span))
    parts.append(f'<path class="axis" d="M{LEFT} {TOP} V{HEIGHT - BOTTOM} H{LEFT + PANEL_WIDTH}"/>')
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
