"""How much each searched setting mattered for the score."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from playground.figures.theme import TICK_FONT_SIZE, TRAINING, axis, base_layout

ROW_HEIGHT = 44


def importance_figure(shares: Mapping[str, float]) -> go.Figure:
    """Horizontal bars, the most important setting on top.

    Args:
        shares: title -> share of the differences between scores that it explains, from 0 to 1.
    """
    ordered = sorted(shares.items(), key=lambda entry: entry[1])
    percent = [100 * share for _, share in ordered]
    alt = "Importance: " + ", ".join(f"{title} {100 * share:.0f} %" for title, share in reversed(ordered)) + "."
    places = list(range(len(ordered)))
    bars = go.Bar(
        x=percent, y=places, orientation="h", marker={"color": TRAINING}, text=[f"{value:.0f} %" for value in percent],
        textposition="outside", textfont={"size": TICK_FONT_SIZE}, cliponaxis=False, hoverinfo="skip", uid="importance",
    )  # fmt: skip
    titles = [wrapped(title) for title, _ in ordered]
    layout = base_layout(
        alt=alt if ordered else "Nothing is known yet.",
        height=importance_height(len(ordered)),
        margin={"l": 150, "r": 16, "t": 8, "b": 54},
        dragmode=False,
        bargap=0.3,
        xaxis=axis("share explained", range=[0, 118], tickvals=[0, 25, 50, 75, 100], ticksuffix="%"),
        yaxis=axis("", tickvals=places, ticktext=titles, showgrid=False, fixedrange=True),
    )
    layout["xaxis"]["fixedrange"] = True
    layout["yaxis"]["zeroline"] = False
    return go.Figure([bars], layout)


def importance_height(settings: int) -> int:
    """Pixels for so many settings: known before there is a bar, so that the place can be kept."""
    return 70 + ROW_HEIGHT * max(1, settings)


def wrapped(title: str, width: int = 17) -> str:
    """The title on lines of about `width` letters, for an axis."""
    lines = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)
