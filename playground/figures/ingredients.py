"""A function over its slope, with the place that one looks at; and how scores become probabilities and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import FONT_SIZE, NEUTRAL, ON_DARK, TRAINING, VALIDATION, axis, base_layout, class_colour

Doubles = npt.NDArray[np.float64]

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_TANGENT = 0.16  # its length to either side, as a share of what is shown


@dataclass(frozen=True, eq=False)
class Line:
    """One function.

    Attributes:
        name: "" where there is no other line.
        values, slopes: float64 (points,).
        value, slope: at the place that one looks at.
        aside: drawn grey, for comparison.
    """

    name: str
    values: Doubles
    slopes: Doubles
    value: float
    slope: float
    aside: bool = False


def function_figure(
    x: Doubles,
    lines: Sequence[Line],
    at: float,
    *,
    titles: tuple[str, str, str],
    alt: str,
    slope_x: Doubles | None = None,
    height: int = 520,
) -> go.Figure:
    """Functions above, their slopes below, with a dot on each at `at`.

    Args:
        x: float64 (points,).
        titles: of x, of the functions, of the slopes.
        slope_x: where the slopes stand, if not at `x`.
        height: pixels.
    """
    traces: list[Any] = []
    lines = [replace(line, values=_rounded(line.values), slopes=_rounded(line.slopes)) for line in lines]
    shown = len([line for line in lines if line.name]) > 1
    for index, line in enumerate(lines):
        style = _style(index, line, len(lines))
        common = {"name": line.name, "legendgroup": line.name, "mode": "lines", **style}
        traces.append(go.Scatter(x=x, y=line.values, showlegend=shown, hovertemplate=_hover(line.name), **common))
        below = {"x": x if slope_x is None else slope_x, "y": line.slopes, "yaxis": "y2", "showlegend": False}
        traces.append(go.Scatter(**below, hovertemplate=_hover(line.name), **common))
    if len(lines) == 1:
        traces.append(_tangent(x, lines[0], at))
    for index, line in enumerate(lines):
        if line.aside:
            continue
        colour = _colour(index, line, len(lines))
        for value, y in ((line.value, "y"), (line.slope, "y2")):
            traces.append(
                go.Scatter(
                    x=[at], y=[value], yaxis=y, mode="markers", showlegend=False, hoverinfo="skip", meta={"dark": _dark(colour)},
                    marker={"size": 13, "color": colour, "line": {"width": 2, "color": "rgba(255, 255, 255, 0.9)"}},
                )
            )  # fmt: skip
    marked = {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    layout = base_layout(
        alt=alt,
        height=height,
        margin={"l": 76, "r": 10, "t": 44 if shown else 12, "b": 52},
        legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"size": FONT_SIZE}},
        hovermode="closest",
        dragmode=False,
        shapes=[marked | {"line": {"color": NEUTRAL, "width": 1.5, "dash": "dot"}}],
        xaxis=axis(titles[0], anchor="y2", range=[float(x[0]), float(x[-1])], zeroline=True),
        yaxis=axis(titles[1], domain=[0.53, 1.0], rangemode="tozero", zeroline=True, zerolinewidth=2),
        yaxis2=axis(titles[2], domain=[0.0, 0.45], rangemode="tozero", zeroline=True, zerolinewidth=2),
    )
    return go.Figure(traces, layout)


def answers_figure(
    names: Sequence[str], probabilities: Doubles, gradient: Doubles, *, truth: int, height: int = 230
) -> go.Figure:
    """Beside one another: what is believed of each class, and the gradient of the loss with respect to its score.

    Args:
        probabilities: float64 (classes,), of `names`.
        gradient: float64 (scores,); as many as there are classes, or one, for yes or no.
        truth: the true class, which is pointed out.
    """
    said = [f"<b>{name} ✓</b>" if index == truth else name for index, name in enumerate(names)]
    scores = said if len(gradient) == len(names) else ["the score"]
    largest = max(1.0, float(np.abs(gradient).max()) * 1.25)
    traces = [
        go.Bar(
            x=probabilities, y=said, orientation="h", name="probability", hoverinfo="skip", cliponaxis=False,
            text=[f"{value:.0%}" if value > 0.0995 else f"{value:.1%}" for value in probabilities], textposition="outside",
            marker={"color": [class_colour(index) for index in range(len(names))]},
        ),
        go.Bar(
            x=gradient, y=scores, orientation="h", name="gradient", xaxis="x2", yaxis="y2", hoverinfo="skip", cliponaxis=False,
            text=[f"{value:+.3f}".replace("-", "−") for value in gradient], textposition="outside",
            marker={"color": [VALIDATION if value > 0 else TRAINING for value in gradient]},
        ),
    ]  # fmt: skip
    plain: dict[str, Any] = {"showgrid": False, "fixedrange": True}
    layout = base_layout(
        alt="Probabilities " + ", ".join(f"{name} {value:.1%}" for name, value in zip(names, probabilities, strict=True))
        + "; gradients " + ", ".join(f"{value:+.3f}" for value in gradient) + ".",
        height=height,
        margin={"l": 66, "r": 10, "t": 12, "b": 46},
        showlegend=False,
        dragmode=False,
        bargap=0.3,
        xaxis=axis("probability", **plain, domain=[0.0, 0.36], range=[0, 1], showticklabels=False, ticks=""),
        yaxis=axis(**plain, autorange="reversed"),
        xaxis2=axis("gradient", **plain, domain=[0.54, 1.0], range=[-largest * 1.9, largest * 1.9], showticklabels=False,
                    zeroline=True, zerolinewidth=2),
        yaxis2=axis(**plain, autorange="reversed", anchor="x2", showticklabels=False),
    )  # fmt: skip
    return go.Figure(traces, layout)


def derivatives_figure(derivatives: Doubles, names: Sequence[str], *, height: int = 250) -> go.Figure:
    """The matrix d output i / d input j as numbers on colours: blue above 0, orange below.

    Args:
        derivatives: float64 (outputs, inputs).
    """
    limit = max(float(np.abs(derivatives).max()), 1e-12)
    heat = go.Heatmap(
        z=derivatives, x=[f"x<sub>{name}</sub>" for name in names], y=[f"f<sub>{name}</sub>" for name in names],
        zmin=-limit, zmax=limit, colorscale=[[0, "rgba(213, 94, 0, 0.75)"], [0.5, "rgba(128, 128, 128, 0.06)"],
        [1, "rgba(0, 114, 178, 0.75)"]], showscale=False, hoverinfo="skip", xgap=3, ygap=3,
        text=[[f"{value:+.3f}".replace("-", "−") for value in row] for row in derivatives],
        texttemplate="%{text}", textfont={"size": FONT_SIZE},
    )  # fmt: skip
    rows = "; ".join(", ".join(f"{value:+.3f}" for value in row) for row in derivatives)
    layout = base_layout(
        alt=f"Derivatives of each output (row) with respect to each input (column): {rows}.",
        height=height,
        margin={"l": 44, "r": 10, "t": 36, "b": 10},
        dragmode=False,
        xaxis=axis(side="top", showgrid=False, fixedrange=True),
        yaxis=axis(autorange="reversed", showgrid=False, fixedrange=True),
    )
    return go.Figure([heat], layout)


def _rounded(values: Doubles) -> Doubles:
    """Without the last digits: an axis would fit itself to what is only rounding."""
    extent = float(np.abs(values).max()) or 1.0
    rounded: Doubles = (values / extent).round(6) * extent
    return rounded


def _tangent(x: Doubles, line: Line, at: float) -> go.Scatter:
    """The straight line that touches the function at `at`, cut where it would leave what is shown."""
    reach = _TANGENT * float(x[-1] - x[0])
    extent = float(np.ptp(line.values)) or 1.0
    steep = abs(line.slope) * reach
    reach = reach if steep <= extent / 2 else reach * extent / 2 / steep
    ends = [at - reach, at + reach]
    return go.Scatter(
        x=ends, y=[line.value + line.slope * (end - at) for end in ends], mode="lines", showlegend=False, hoverinfo="skip",
        name="tangent", line={"color": VALIDATION, "width": 3}, meta={"dark": ON_DARK[VALIDATION]},
    )  # fmt: skip


def _style(index: int, line: Line, count: int) -> dict[str, Any]:
    colour = _colour(index, line, count)
    dash = "dot" if line.aside else _DASHES[index % len(_DASHES)]
    return {"line": {"color": colour, "width": 2 if line.aside else 3, "dash": dash}, "meta": {"dark": _dark(colour)}}


def _colour(index: int, line: Line, count: int) -> str:
    return NEUTRAL if line.aside else TRAINING if count == 1 else class_colour(index)


def _dark(colour: str) -> str:
    return ON_DARK.get(colour, colour)


def _hover(name: str) -> str:
    return f"{name + ': ' if name else ''}%{{y:.4g}} at %{{x:.3g}}<extra></extra>"
