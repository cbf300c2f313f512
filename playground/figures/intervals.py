"""Predicted numbers with an interval around each: what lies inside, how well the promise is kept, and where it is worse."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.regression import shown_points
from playground.figures.theme import FONT_SIZE, NEUTRAL, ON_DARK, TRAINING, VALIDATION, axis, base_layout

_MARGIN = {"l": 86, "r": 16, "t": 44, "b": 58}
_LEGEND = {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SIZE - 1}}
_TICKS = (0, 20, 40, 60, 80, 100)


def band_figure(
    predictions: npt.ArrayLike,
    targets: npt.ArrayLike,
    names: npt.ArrayLike,
    half: float,
    *,
    dark: bool = False,
    height: int = 430,
) -> go.Figure:
    """One dot an example, the true value over the predicted one, and the band that the intervals make.

    Args:
        predictions, targets: float (n,), in the target's own unit, n at least 1.
        names: str (n,), what each example is called, such as "row 17".
        half: the half width of the interval, in the same unit.
    """
    said, true = np.asarray(predictions, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    blue, orange = _colours(dark)
    low, high = _ends(said)
    bottom, top = _ends(np.concatenate([true, [low - half, high + half]]))
    figure = go.Figure()
    figure.add_scatter(
        x=[low, high, high, low], y=[low - half, high - half, high + half, low + half], mode="lines", fill="toself",
        fillcolor="rgba(128, 128, 128, 0.18)", line={"width": 0}, name=f"± {half:.4g}", hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=[low, high], y=[low, high], mode="lines", name="exactly right", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 2.5, "dash": "dash"},
    )  # fmt: skip
    kept = shown_points(len(said))
    is_inside = np.abs(said - true) <= half
    for wanted, colour, symbol, name in ((True, blue, "circle", "inside"), (False, orange, "diamond", "outside")):
        rows = kept[is_inside[kept] == wanted]
        figure.add_scatter(
            x=said[rows], y=true[rows], mode="markers", name=name, text=np.asarray(names)[rows],
            marker={"color": colour, "symbol": symbol, "size": 9, "opacity": 0.75},
            hovertemplate="%{text}: said <b>%{x:.4~g}</b>, true <b>%{y:.4~g}</b><extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        base_layout(
            alt=f"True over predicted values with a band of ± {half:.4g}: {int(is_inside.sum()):,} of {len(said):,} lie inside.",
            height=height,
            dragmode=False,
            margin=_MARGIN,
            legend=_LEGEND,
            xaxis=axis("predicted", range=[low, high], fixedrange=True, nticks=7, showgrid=True),
            yaxis=axis("true", range=[bottom, top], fixedrange=True, nticks=7),
        )
    )
    return figure


def promise_figure(
    levels: npt.ArrayLike, held: npt.ArrayLike, chosen: tuple[float, float] | None, *, dark: bool = False, height: int = 430
) -> go.Figure:
    """The share inside over the share that was promised: on the dashed line, the promise is kept exactly.

    Args:
        levels, held: float (m,), fractions.
        chosen: the level in use and the share inside; None without one.
    """
    promised, kept = 100 * np.asarray(levels, dtype=np.float64), 100 * np.asarray(held, dtype=np.float64)
    blue, orange = _colours(dark)
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", name="exactly as promised", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 2.5, "dash": "dash"},
    )  # fmt: skip
    figure.add_scatter(
        x=promised, y=kept, mode="lines+markers", name="inside", cliponaxis=False, line={"color": blue, "width": 3},
        marker={"size": 7}, hovertemplate="promised %{x:.0f} %: <b>%{y:.1f} %</b> inside<extra></extra>",
    )  # fmt: skip
    if chosen is not None:
        figure.add_scatter(
            x=[100 * chosen[0]], y=[100 * chosen[1]], mode="markers", name="yours", cliponaxis=False, hoverinfo="skip",
            marker={"color": orange, "symbol": "diamond", "size": 14},
        )  # fmt: skip
    said = ", ".join(f"{share:.0f} % at {level:.0f} %" for level, share in zip(promised, kept, strict=True))
    percent = {"tickvals": _TICKS, "ticktext": [f"{tick}%" for tick in _TICKS], "fixedrange": True, "range": [0, 102]}
    figure.update_layout(
        base_layout(
            alt=f"Share of true values inside, against the share promised: {said}.",
            height=height,
            dragmode=False,
            margin=_MARGIN,
            legend=_LEGEND,
            xaxis=axis("promised", showgrid=True, **percent),
            yaxis=axis("inside", **percent),
        )
    )
    return figure


def parts_figure(
    ends: Sequence[tuple[float, float]], errors: npt.ArrayLike, overall: float, *, dark: bool = False, height: int = 360
) -> go.Figure:
    """One bar a part of the predictions: how far they are off there on average; dashed, on the whole.

    Args:
        ends: the smallest and the largest prediction of each part, in the target's own unit.
        errors: float (parts,), the mean absolute errors.
        overall: that of all.
    """
    off = np.asarray(errors, dtype=np.float64)
    names = [f"{low:.3g} to {high:.3g}".replace("-", "−") for low, high in ends]
    figure = go.Figure()
    figure.add_bar(
        x=np.arange(len(off)), y=off, marker={"color": _colours(dark)[0]}, text=[f"{value:.3g}" for value in off],
        textposition="auto", insidetextanchor="start", textangle=0, hovertext=names, width=0.8,
        hovertemplate="predicted %{hovertext}: off by <b>%{y:.4~g}</b> on average<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=overall, line={"color": NEUTRAL, "width": 2.5, "dash": "dash"})
    said = "; ".join(f"{name}: {value:.3g}" for name, value in zip(names, off, strict=True))
    figure.update_layout(
        base_layout(
            alt=f"Mean absolute error by what was predicted: {said}; {overall:.3g} on the whole.",
            height=height,
            dragmode=False,
            showlegend=False,
            margin=_MARGIN | {"t": 20, "b": 92},
            xaxis=axis(
                "predicted",
                fixedrange=True,
                tickangle=0,
                tickvals=np.arange(len(off)),
                ticktext=[name.replace(" to ", "<br>to<br>") for name in names],
            ),
            yaxis=axis("off by, on average", fixedrange=True, rangemode="tozero", nticks=6),
        )
    )
    return figure


def _colours(dark: bool) -> tuple[str, str]:
    blue, orange = (ON_DARK[colour] if dark else colour for colour in (TRAINING, VALIDATION))
    return blue, orange


def _ends(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """A little more than the range of the values; of one value alone, a range around it."""
    low, high = float(values.min()), float(values.max())
    room = 0.04 * (high - low) or max(1.0, 0.05 * abs(high))
    return low - room, high + room
