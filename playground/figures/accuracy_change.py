"""How often each class is read right, before and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import CORRECT, NEUTRAL, TICK_FONT_SIZE, VALIDATION, axis, base_layout


def accuracy_change_figure(
    before: npt.ArrayLike, after: npt.ArrayLike, class_names: Sequence[str], *, height: int = 260
) -> go.Figure:
    """A stalk a class, from a ring (before) to a dot (after): downwards and orange where it got worse.

    Args:
        before, after: float (k,), shares from 0 to 1; NaN for a class without images.
        class_names: k names.
    """
    old, new = (100.0 * np.asarray(shares, dtype=np.float64) for shares in (before, after))
    if old.shape != new.shape or old.shape != (len(class_names),):
        raise ValueError(f"{len(class_names)} classes need as many numbers, not {old.shape} and {new.shape}")
    places = np.arange(len(old))
    change = new - old
    colours = [VALIDATION if step < 0 else CORRECT if step > 0 else NEUTRAL for step in np.nan_to_num(change)]
    stalks = go.Bar(
        x=places, base=old, y=change, width=0.05, marker={"color": colours}, hoverinfo="skip", showlegend=False
    )  # fmt: skip
    rings = go.Scatter(
        x=places, y=old, mode="markers", name="before", hoverinfo="skip",
        marker={"symbol": "circle-open", "size": 13, "color": NEUTRAL, "line": {"width": 2}},
    )  # fmt: skip
    dots = go.Scatter(
        x=places, y=new, mode="markers+text", name="after", marker={"size": 12, "color": colours},
        text=[f"{value:.0f}" if np.isfinite(value) else "" for value in new], textfont={"size": TICK_FONT_SIZE},
        textposition=["bottom center" if step < 0 else "top center" for step in np.nan_to_num(change)],
        customdata=np.stack([old, new, change], axis=1),
        hovertext=list(class_names),
        hovertemplate="%{hovertext}: %{customdata[0]:.1f} % → %{customdata[1]:.1f} % (%{customdata[2]:+.1f})<extra></extra>",
    )  # fmt: skip
    if len(old) > 12:
        dots.update(mode="markers", text=None)
    shown = np.concatenate([old, new])
    low = max(0.0, float(np.nanmin(shown)) - 6) if np.isfinite(shown).any() else 0.0
    ticks = {"tickvals": places, "ticktext": list(class_names), "fixedrange": True, "showgrid": False, "zeroline": False}
    layout = base_layout(
        alt=_alt(change, class_names),
        height=height,
        margin={"l": 76, "r": 8, "t": 36, "b": 56},
        dragmode=False,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        xaxis=axis("true class", **ticks),
        yaxis=axis("answered right", range=[low - 0.2 * (100 - low), 100 + 0.25 * (100 - low)], ticksuffix="%", fixedrange=True),
    )
    return go.Figure([stalks, rings, dots], layout)


def _alt(change: npt.NDArray[np.float64], names: Sequence[str]) -> str:
    known = np.isfinite(change)
    if not known.any() or not np.nan_to_num(change).any():
        return "Answered right, class by class: nothing changed."
    worst, best = int(np.nanargmin(change)), int(np.nanargmax(change))
    said = [f"{names[place]} {change[place]:+.1f} points" for place in dict.fromkeys((worst, best))]
    return f"Answered right, class by class, before and after: {' and '.join(said)} changed most."
