"""Predicted numbers: against the true ones, and what is left over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import NEUTRAL, ON_DARK, TRAINING, VALIDATION, axis, base_layout

# More would be drawn on top of each other, and slow the page down.
POINTS = 1500
BINS = 31

_LONG = 20  # characters; a longer name would be cut off on a narrow page
_MARGIN = {"l": 92, "r": 14, "t": 14, "b": 58}


def predicted_and_true_figure(
    targets: npt.ArrayLike,
    predictions: npt.ArrayLike,
    names: npt.ArrayLike,
    target_name: str,
    *,
    dark: bool = False,
    height: int = 460,
) -> go.Figure:
    """One dot an example; on the diagonal the prediction is exactly right.

    Args:
        targets, predictions: float (n,), in the target's own unit.
        names: str (n,), what each example is called, such as "row 17".
        target_name: what is predicted.
    """
    true, said = np.asarray(targets, dtype=np.float64), np.asarray(predictions, dtype=np.float64)
    kept = shown_points(len(true))
    low, high = _ends(np.append(true, said))
    figure = go.Figure()
    figure.add_scatter(
        x=[low, high], y=[low, high], mode="lines", hoverinfo="skip", line={"color": NEUTRAL, "width": 2.5, "dash": "dash"}
    )
    figure.add_scatter(
        x=true[kept], y=said[kept], mode="markers", marker=_dots(dark), text=np.asarray(names)[kept],
        customdata=(said - true)[kept],
        hovertemplate="%{text}: said <b>%{y:.4~g}</b>, true <b>%{x:.4~g}</b><br>off by %{customdata:+.3~g}<extra></extra>",
    )  # fmt: skip
    errors = np.abs(said - true)
    alt = (
        f"Predicted against true {target_name} for {len(true):,} examples: off by {errors.mean():.3g} on average, "
        f"by {errors.max():.3g} at most."
        if len(true)
        else "No examples."
    )
    ends = [low, high]
    figure.update_layout(
        base_layout(
            alt=alt,
            height=height,
            dragmode=False,
            showlegend=False,
            margin=_MARGIN,
            xaxis=axis(f"true {target_name}", range=ends, fixedrange=True, nticks=7, showgrid=True),
            yaxis=axis(f"predicted {target_name}", range=ends, fixedrange=True, nticks=7),
        )
    )
    figure.update_yaxes(title_standoff=18)
    return figure


def residuals_figure(
    predictions: npt.ArrayLike,
    errors: npt.ArrayLike,
    names: npt.ArrayLike,
    target_name: str,
    *,
    dark: bool = False,
    height: int = 380,
) -> go.Figure:
    """Each example's error (predicted minus true) over what was predicted; on the line it is 0. Arguments as above."""
    said, off = np.asarray(predictions, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    kept = shown_points(len(said))
    low, high = _ends(said)
    edge = 1.08 * float(np.abs(off[np.isfinite(off)]).max(initial=0.0)) or 1.0
    figure = go.Figure()
    figure.add_scatter(
        x=[low, high], y=[0, 0], mode="lines", hoverinfo="skip", line={"color": NEUTRAL, "width": 2.5, "dash": "dash"}
    )
    figure.add_scatter(
        x=said[kept], y=off[kept], mode="markers", marker=_dots(dark), text=np.asarray(names)[kept],
        hovertemplate="%{text}: said %{x:.4~g}, off by <b>%{y:+.3~g}</b><extra></extra>",
    )  # fmt: skip
    over = int((off > 0).sum())
    figure.update_layout(
        base_layout(
            alt=f"Errors over predicted {target_name}: {over:,} of {len(off):,} predictions are too high.",
            height=height,
            dragmode=False,
            showlegend=False,
            margin=_MARGIN,
            xaxis=axis(
                f"predicted {target_name}" if len(target_name) <= _LONG else "predicted",
                range=[low, high],
                fixedrange=True,
                nticks=7,
                showgrid=True,
            ),
            yaxis=axis("predicted minus true", range=[-edge, edge], fixedrange=True, nticks=7),
        )
    )
    return figure


def error_histogram(errors: npt.ArrayLike, *, dark: bool = False, height: int = 380) -> go.Figure:
    """How often each size of error occurs, in bins of equal width around 0.

    Args:
        errors: float (n,), predicted minus true; those that are no numbers are left out.
    """
    off = np.asarray(errors, dtype=np.float64)
    off = off[np.isfinite(off)]
    edge = float(np.abs(off).max(initial=0.0)) or 1.0
    bins = int(np.clip(2 * round(np.sqrt(len(off)) / 2) + 1, 5, BINS))  # odd, so that one bin lies around 0
    counts, edges = np.histogram(off, bins=bins, range=(-edge, edge))
    middles = (edges[:-1] + edges[1:]) / 2
    said = [f"off by {low:.3g} to {high:.3g}" for low, high in zip(edges, edges[1:], strict=False)]
    figure = go.Figure()
    figure.add_bar(
        x=middles, y=counts, width=0.94 * np.diff(edges), marker={"color": ON_DARK[TRAINING] if dark else TRAINING},
        hovertext=said, hovertemplate="%{hovertext}: <b>%{y:,}</b><extra></extra>",
    )  # fmt: skip
    mean = float(off.mean()) if len(off) else 0.0
    figure.add_vline(x=mean, line={"color": ON_DARK[VALIDATION] if dark else VALIDATION, "width": 3, "dash": "dot"})
    figure.update_layout(
        base_layout(
            alt=f"Histogram of {len(off):,} errors: on average {mean:+.3g}, at most {edge:.3g} away from 0.",
            height=height,
            dragmode=False,
            showlegend=False,
            margin=_MARGIN,
            xaxis=axis("predicted minus true", range=[-1.05 * edge, 1.05 * edge], fixedrange=True, nticks=7),
            yaxis=axis("how many", fixedrange=True, rangemode="tozero", nticks=6),
        )
    )
    return figure


def shown_points(n: int) -> npt.NDArray[np.intp]:
    """Which of n examples are drawn: all, or evenly picked ones when there are more than `POINTS`."""
    return np.arange(n) if n <= POINTS else np.linspace(0, n - 1, POINTS).round().astype(np.intp)


def _dots(dark: bool) -> dict[str, object]:
    return {"color": ON_DARK[TRAINING] if dark else TRAINING, "size": 9, "opacity": 0.65}


def _ends(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """A little more than the range of the finite values; of one value alone, a range around it."""
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = 0.05 * (high - low) or max(1.0, 0.05 * abs(high))
    return low - room, high + room
