"""Accuracy against how hard an image was made to read; and the images themselves at every strength."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.image_cards import percent, picture
from playground.figures.images import to_png
from playground.figures.run_styles import RunStyle
from playground.figures.theme import CORRECT, FONT_SIZE, NEUTRAL, VALIDATION, axis, base_layout

_TICKS = (0, 20, 40, 60, 80, 100)
_SPREADS = 1.959964  # standard deviations of a 95 % interval


@dataclass(frozen=True, eq=False)
class Line:
    """One network: fractions (s,) at each strength.

    Attributes:
        confidence: how sure it was on average; None leaves its line away.
    """

    name: str
    style: RunStyle
    accuracy: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64] | None = None


def robustness_figure(
    strengths: npt.ArrayLike, lines: Sequence[Line], x_title: str, images: int, *, dark: bool = False, height: int = 380
) -> go.Figure:
    """One line a network, and dotted, how sure the first one was.

    Args:
        strengths: float (s,).
        images: behind every point; they give the 95 % interval that is told on hovering (Wilson, 1927).
    """
    places = np.asarray(strengths, dtype=np.float64)
    figure = go.Figure()
    for line in lines:
        colour = line.style.on_dark if dark else line.style.colour
        name = line.name.replace("<", "&lt;")
        ends = [wilson(share, images) for share in line.accuracy]
        told = [f"95 % interval {100 * low:.1f} to {100 * high:.1f} %" for low, high in ends]
        figure.add_scatter(
            x=places, y=100 * line.accuracy, mode="lines+markers", name=f"{name}: right", hovertext=told, cliponaxis=False,
            line={"color": colour, "width": 3, "dash": line.style.dash},
            marker={"color": colour, "symbol": line.style.symbol, "size": 10},
            hovertemplate="at %{x:g}: <b>%{y:.1f} %</b> right<br>%{hovertext}<extra></extra>",
        )  # fmt: skip
        if line.confidence is not None:
            figure.add_scatter(
                x=places, y=100 * line.confidence, mode="lines+markers", name=f"{name}: how sure it was", cliponaxis=False,
                line={"color": NEUTRAL, "width": 2.5, "dash": "dot"},
                marker={"color": NEUTRAL, "symbol": "circle-open", "size": 9, "line": {"width": 2}},
                hovertemplate="at %{x:g}: <b>%{y:.1f} %</b> sure on average<extra></extra>",
            )  # fmt: skip
    said = "; ".join(
        f"{line.name}: " + ", ".join(f"{share:.0%} at {place:g}" for place, share in zip(places, line.accuracy, strict=True))
        for line in lines
    )
    figure.update_layout(
        base_layout(
            alt=f"Share read right against {x_title}. {said}.",
            height=height,
            dragmode=False,
            hovermode="closest",
            margin={"l": 70, "r": 20, "t": 20, "b": 58},
            legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SIZE - 1}},
            xaxis=axis(x_title, fixedrange=True, tickvals=places),
            yaxis=axis("", range=[0, 102], fixedrange=True, tickvals=_TICKS, ticktext=[f"{tick}%" for tick in _TICKS]),
        )
    )
    return figure


def wilson(share: float, images: int) -> tuple[float, float]:
    """The 95 % interval of a share that was counted on so many images."""
    square = _SPREADS**2
    middle = (share + square / (2 * images)) / (1 + square / images)
    half = _SPREADS / (1 + square / images) * math.sqrt(share * (1 - share) / images + square / (4 * images**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def sample_strip(
    samples: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    predicted: npt.NDArray[np.int64],
    confidence: npt.NDArray[np.float64],
    strengths: Sequence[float],
    class_names: Sequence[str],
) -> str:
    """HTML: one row an image, one column a strength; below each, what the network took it for. Scrolls sideways on a phone.

    Args:
        samples: uint8 (s, m, c, h, w).
        labels: int64 (m,).
        predicted, confidence: (s, m).
    """
    head = "".join(f"<b>{strength:g}</b>" for strength in strengths)
    cells = "".join(
        _cell(
            samples[step, row], class_names[predicted[step, row]], predicted[step, row] == labels[row],
            float(confidence[step, row]), f"{class_names[labels[row]]} at {strength:g}",
        )
        for row in range(len(labels))
        for step, strength in enumerate(strengths)
    )  # fmt: skip
    columns = f"grid-template-columns:repeat({len(strengths)},minmax(72px,1fr))"
    return f'{_STYLE}<div class="strip"><div style="{columns}">{head}{cells}</div></div>'


def _cell(image: npt.NDArray[np.uint8], answer: str, right: bool, confidence: float, words: str) -> str:
    pixels = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
    mark = f'<i style="color:{CORRECT}">✓</i>' if right else f'<i style="color:{VALIDATION}">✗</i>'
    said = f"{words}, read as {answer}, {percent(confidence)} sure"
    caption = f"<figcaption>{mark} {html.escape(answer)}<br>{percent(confidence)}</figcaption>"
    return f"<figure>{picture(to_png(pixels), said)}{caption}</figure>"


_STYLE = """<style>
.strip {overflow-x:auto;} .strip > div {display:grid; gap:6px 8px; max-width:960px;}
.strip b {text-align:center; font-variant-numeric:tabular-nums;}
.strip figure {margin:0; text-align:center; min-width:0;}
.strip img {width:100%; max-width:84px; image-rendering:pixelated; border-radius:4px; border:1px solid rgba(128,128,128,.35);}
.strip figcaption {font-size:.86rem; line-height:1.25; overflow-wrap:anywhere;} .strip i {font-style:normal; font-weight:700;}
</style>"""
