"""The ROC curve and the precision-recall curve of a yes-or-no task, with the chosen threshold on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import FONT_SIZE, NEUTRAL, ON_DARK, TRAINING, VALIDATION, axis, base_layout

Floats = npt.NDArray[np.float64]

_POINTS = 400
_TICKS = (0, 25, 50, 75, 100)


def roc_figure(
    false_alarm_rate: npt.ArrayLike,
    recall: npt.ArrayLike,
    thresholds: npt.ArrayLike,
    auc: float,
    chosen: tuple[float, float],
    threshold: float,
    yes: str,
    *,
    dark: bool = False,
    height: int = 380,
) -> go.Figure:
    """What is found against what is called wrongly, at every threshold; guessing runs along the diagonal.

    Args:
        false_alarm_rate, recall, thresholds: float (m,), thresholds falling from infinity.
        auc: the area under the curve.
        chosen: (false alarm rate, recall) at the chosen threshold.
        threshold: the chosen one, a fraction.
        yes: the name of class 1.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", name="guessing", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 2, "dash": "dash"},
    )  # fmt: skip
    words = "<b>%{y:.1f} %</b> found, <b>%{x:.1f} %</b> false alarms"
    _add_curve(figure, false_alarm_rate, recall, thresholds, words, "linear", dark)
    _add_chosen(figure, chosen, f"your threshold, {100 * threshold:.1f} %: {words}", dark)
    alt = (
        f"ROC curve, area {auc:.3f} (guessing: 0.5). At the threshold of {100 * threshold:.1f} %, {100 * chosen[1]:.1f} % of "
        f"“{yes}” are found, with {100 * chosen[0]:.1f} % false alarms."
    )
    return _laid_out(figure, alt, "false alarms", "found (recall)", height)


def precision_recall_figure(
    recall: npt.ArrayLike,
    precision: npt.ArrayLike,
    thresholds: npt.ArrayLike,
    average_precision: float,
    base_rate: float,
    chosen: tuple[float, float] | None,
    threshold: float,
    yes: str,
    *,
    dark: bool = False,
    height: int = 380,
) -> go.Figure:
    """How often a "yes" is right against how many are found; guessing is right as often as there are such examples.

    Args:
        recall, precision, thresholds: float (m,), thresholds falling from infinity.
        average_precision: the area under the steps of the curve.
        base_rate: the share of class 1.
        chosen: (recall, precision) at the chosen threshold; None when nobody is called "yes".
        threshold, yes: as of `roc_figure`.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[100 * base_rate] * 2, mode="lines", name="guessing", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 2, "dash": "dash"},
    )  # fmt: skip
    words = "<b>%{x:.1f} %</b> found, a yes is right in <b>%{y:.1f} %</b>"
    # Each step's precision holds for the recall that it adds, so that the area is the average precision.
    _add_curve(figure, recall, precision, thresholds, words, "vh", dark)
    alt = f"Precision-recall curve, average precision {average_precision:.3f} (guessing: {base_rate:.3f})."
    if chosen is not None:
        _add_chosen(figure, chosen, f"your threshold, {100 * threshold:.1f} %: {words}", dark)
        alt += (
            f" At the threshold of {100 * threshold:.1f} %, {100 * chosen[0]:.1f} % of “{yes}” are found, "
            f"and a yes is right in {100 * chosen[1]:.1f} %."
        )
    return _laid_out(figure, alt, "found (recall)", "right when “yes” (precision)", height)


def _add_curve(
    figure: go.Figure, x: npt.ArrayLike, y: npt.ArrayLike, thresholds: npt.ArrayLike, words: str, shape: str, dark: bool
) -> None:
    across, up, needed = (100 * np.asarray(values, dtype=np.float64) for values in (x, y, thresholds))
    kept = _kept(across, up)
    said = [f"from {value:.1f} % on" if np.isfinite(value) else "never “yes”" for value in needed[kept]]
    figure.add_scatter(
        x=across[kept], y=up[kept], mode="lines", name="this network", cliponaxis=False, text=said,
        line={"color": ON_DARK[TRAINING] if dark else TRAINING, "width": 3, "shape": shape},
        hovertemplate="%{text}:<br>" + words + "<extra></extra>",
    )  # fmt: skip


def _add_chosen(figure: go.Figure, place: tuple[float, float], words: str, dark: bool) -> None:
    figure.add_scatter(
        x=[100 * place[0]], y=[100 * place[1]], mode="markers", name="your threshold", cliponaxis=False,
        marker={"color": ON_DARK[VALIDATION] if dark else VALIDATION, "size": 15, "symbol": "diamond"},
        hovertemplate=words + "<extra></extra>",
    )  # fmt: skip


def _kept(across: Floats, up: Floats) -> npt.NDArray[np.intp]:
    """At most 400 of the points, spread evenly along the curve, its ends among them."""
    if len(across) <= _POINTS:
        return np.arange(len(across))
    way = np.append(0.0, np.cumsum(np.abs(np.diff(across)) + np.abs(np.diff(up))))
    places = np.searchsorted(way, np.linspace(0, way[-1], _POINTS))
    return np.unique(np.append(np.clip(places, 0, len(across) - 1), (0, len(across) - 1)))


def _laid_out(figure: go.Figure, alt: str, x_title: str, y_title: str, height: int) -> go.Figure:
    percent: dict[str, Any] = {
        "range": [-2, 102],
        "tickvals": _TICKS,
        "ticktext": [f"{tick}%" for tick in _TICKS],
        "fixedrange": True,
        "showgrid": True,
    }
    figure.update_layout(
        base_layout(
            alt=alt,
            height=height,
            dragmode=False,
            margin={"l": 84, "r": 14, "t": 40, "b": 58},
            legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"size": FONT_SIZE - 2}},
            xaxis=axis(x_title, **percent),
            yaxis=axis(y_title, **percent),
        )
    )
    return figure
