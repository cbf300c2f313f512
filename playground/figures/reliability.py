"""Confidence against accuracy: a network that knows how good it is has its bars end on the dashed line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import FONT_SIZE, NEUTRAL, ON_DARK, TRAINING, VALIDATION, axis, base_layout

_TICKS = (0, 20, 40, 60, 80, 100)


def reliability_figure(
    edges: npt.ArrayLike,
    counts: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    confidence: npt.ArrayLike,
    *,
    dark: bool = False,
    noun: str = "images",
    yes: str = "",
    height: int = 470,
) -> go.Figure:
    """One bar a bin of confidence: how high it reaches is how often the network was right. Below, how many images each holds.

    Args:
        edges: float (bins + 1,), from 0 to 1.
        counts: int (bins,).
        accuracy, confidence: float (bins,), fractions; NaN in empty bins.
        noun: what is counted.
        yes: of yes or no, the class whose probability `confidence` is; `accuracy` is then its share.
    """
    ends = 100 * np.asarray(edges, dtype=np.float64)
    images = np.asarray(counts, dtype=np.int64)
    right, said = 100 * np.asarray(accuracy, dtype=np.float64), 100 * np.asarray(confidence, dtype=np.float64)
    middles, widths = (ends[:-1] + ends[1:]) / 2, 0.92 * np.diff(ends)
    filled = images > 0
    was = f"was “{yes}”" if yes else "was right"
    hover = [
        f"{low:.0f} to {high:.0f} %{'' if yes else ' sure'}: <b>{count:,} {noun}</b><br>said {sure:.1f} %, {was} {hit:.1f} %"
        for low, high, count, sure, hit in zip(ends[:-1], ends[1:], images, said, right, strict=True)
    ]
    blue, orange = (ON_DARK[colour] if dark else colour for colour in (TRAINING, VALIDATION))
    known = {"hovertext": np.array(hover)[filled], "hovertemplate": "%{hovertext}<extra></extra>"}
    figure = go.Figure()
    figure.add_bar(
        x=middles[filled], y=right[filled], width=widths[filled], name=was,
        marker={"color": blue, "opacity": 0.85}, **known,
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", name="as often as it says" if yes else "as often right as it says",
        line={"color": NEUTRAL, "width": 2.5, "dash": "dash"}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=middles[filled], y=said[filled], mode="markers", name="said",
        marker={"color": orange, "symbol": "diamond", "size": 11}, **known,
    )  # fmt: skip
    share = 100 * images / max(1, images.sum())
    figure.add_bar(
        x=middles, y=share, width=widths, yaxis="y2", name=noun, showlegend=False, marker={"color": NEUTRAL},
        text=[f"{n:,}" if n else "" for n in images], textangle=-90, textposition="outside", textfont={"size": 13},
        constraintext="none", cliponaxis=False,
        hovertext=[f"{low:.0f} to {high:.0f} % sure: {n:,} {noun}" for low, high, n in zip(ends, ends[1:], images, strict=False)],
        hovertemplate="%{hovertext}, %{y:.1f} %<extra></extra>",
    )  # fmt: skip
    percent = {"tickvals": _TICKS, "ticktext": [f"{tick}%" for tick in _TICKS], "fixedrange": True}
    figure.update_layout(
        base_layout(
            alt=_alt(images, right, said, noun, was),
            height=height,
            dragmode=False,
            barmode="overlay",
            margin={"l": 84, "r": 12, "t": 44, "b": 58},
            legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SIZE - 1}},
            xaxis=axis(
                f"probability of “{yes}” that it said" if yes else "how sure it said it was",
                range=[0, 100],
                anchor="y2",
                **percent,
            ),
            yaxis=axis(was, range=[0, 103], domain=[0.33, 1.0], **percent),
            yaxis2=axis(noun, range=[0, 210], domain=[0.0, 0.26], fixedrange=True)
            | {"tickvals": (0, 100), "ticktext": ("0%", "100%")},
        )
    )
    return figure


def temperature_figure(
    temperatures: npt.ArrayLike,
    likelihoods: npt.ArrayLike,
    fitted: float,
    lowest: float,
    *,
    dark: bool = False,
    height: int = 240,
) -> go.Figure:
    """How the temperature was found: the negative log-likelihood at each, and the lowest point.

    Args:
        temperatures, likelihoods: float (n,), temperatures above 0.
        fitted, lowest: the chosen temperature, and the negative log-likelihood there.
    """
    blue, orange = (ON_DARK[colour] if dark else colour for colour in (TRAINING, VALIDATION))
    places = np.asarray(temperatures, dtype=np.float64)
    figure = go.Figure()
    figure.add_scatter(
        x=places, y=np.asarray(likelihoods, dtype=np.float64), mode="lines", line={"color": blue, "width": 3},
        hovertemplate="T = %{x:.2f}: NLL %{y:.4f}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[fitted], y=[lowest], mode="markers", marker={"color": orange, "symbol": "diamond", "size": 14},
        hovertemplate="the lowest: T = %{x:.3f}, NLL %{y:.4f}<extra></extra>",
    )  # fmt: skip
    ticks = [fitted * step for step in (0.25, 0.5, 1, 2, 4)]
    figure.update_layout(
        base_layout(
            alt=f"Negative log-likelihood on validation by temperature: lowest, {lowest:.4f}, at {fitted:.3f}.",
            height=height,
            dragmode=False,
            showlegend=False,
            margin={"l": 74, "r": 16, "t": 10, "b": 54},
            xaxis=axis("temperature T", type="log", tickvals=ticks, ticktext=[f"{tick:.2g}" for tick in ticks], fixedrange=True),
            yaxis=axis("NLL", fixedrange=True, nticks=5),
        )
    )
    return figure


def _alt(
    images: npt.NDArray[np.int64], right: npt.NDArray[np.float64], said: npt.NDArray[np.float64], noun: str, was: str
) -> str:
    filled = np.flatnonzero(images)
    if len(filled) == 0:
        return f"Reliability diagram without {noun}."
    worst = filled[np.abs(right - said)[filled].argmax()]
    return (
        f"Reliability diagram of {images.sum():,} {noun}. The widest gap: where it said {said[worst]:.0f} %, "
        f"it {was} in {right[worst]:.0f} % of {images[worst]:,} {noun}."
    )
