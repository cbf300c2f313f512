"""What goes on inside a network while it trains: one line a layer, a table of the latest look, the learning rate."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.downsampling import stride_indices
from playground.figures.theme import NEUTRAL, TICK_FONT_SIZE, TRAINING, axis, base_layout, class_colour
from playground.figures.ticks import axis_end
from playground.training.events import LayerMeasures, LayersMeasured

Floats = npt.NDArray[np.float64]
Names = Mapping[int, str]

GOOD_RATIO = 1e-3
GOOD_RATIOS = (3e-4, 3e-3)
FAR_RATIOS = (1e-5, 3e-2)  # so far off that the table says it
MANY_IDLE = 0.5
LABELLED_LAYERS = 12
_POINTS, _FEWEST_POINTS, _MOST_POINTS = 900, 40, 160
_DASHES = ("solid", "dash", "dot", "dashdot")
_BAND = "rgba(0, 158, 115, 0.18)"
_HEIGHT = 250
_LABEL_HEIGHT = 0.08  # of the panel


def gradient_figure(measured: Sequence[LayersMeasured], names: Names) -> go.Figure:
    """The norm of the gradient in each layer's weights over the epochs, on a logarithmic axis."""
    series = _series(measured, names, lambda layer: layer.gradient_norm)
    return _log_lines(measured, series, names, "gradient norm", "Gradient norm")


def update_figure(measured: Sequence[LayersMeasured], names: Names) -> go.Figure:
    """How far each step moves each layer's weights, as a share of their size; the rule of thumb is a band."""
    series = _series(measured, names, lambda layer: layer.update_ratio)
    low, high = GOOD_RATIOS
    across = {"xref": "x domain", "x0": 0, "x1": 1}
    band = across | {"type": "rect", "y0": low, "y1": high, "fillcolor": _BAND, "line": {"width": 0}, "layer": "below"}
    line = across | {"type": "line", "y0": GOOD_RATIO, "y1": GOOD_RATIO, "line": {"color": NEUTRAL, "width": 1, "dash": "dash"}}
    return _log_lines(measured, series, names, "step ÷ weights", "Step divided by weights", GOOD_RATIOS, (band, line))


def activation_figure(first: LayersMeasured, latest: LayersMeasured, names: Names) -> go.Figure:
    """Mean and spread of what leaves each layer, from the first to the last: in the latest look, and in the first one."""
    chosen = [layer for layer in latest.layers if layer.layer in names]
    places = np.arange(len(chosen), dtype=np.float64)
    before = {layer.layer: layer for layer in first.layers}
    rows = (
        (chosen, TRAINING, 0.1, "now", "circle"),
        ([before.get(layer.layer, layer) for layer in chosen], NEUTRAL, -0.1, "", "x"),
    )
    traces = [
        go.Scatter(
            x=places + shift,
            y=[_known(layer.activation_mean) for layer in layers],
            mode="markers",
            name=name or "first batch",
            marker={"color": colour, "symbol": symbol, "size": 9},
            error_y={"type": "data", "array": [_known(layer.activation_spread) for layer in layers], "color": colour, "width": 5},
            hovertemplate="mean %{y:.3g}, spread %{error_y.array:.3g}",
        )  # fmt: skip
        for layers, colour, shift, name, symbol in rows[:: 1 if first.step == latest.step else -1]
    ]
    said = "; ".join(
        f"{names[layer.layer]} {number(layer.activation_mean)} ± {number(layer.activation_spread)}" for layer in chosen
    )
    labels = [str(layer.layer + 1) for layer in chosen]
    shown = stride_indices(len(chosen), LABELLED_LAYERS)
    layout = _layout(f"Mean and spread of each layer's outputs: {said}.", _HEIGHT + 24)
    layout |= {
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "xaxis": axis("layer", tickvals=[places[i] for i in shown], ticktext=[labels[i] for i in shown], fixedrange=True)
        | {"range": [-0.6, max(0.6, len(chosen) - 0.4)], "showgrid": False},
        "yaxis": axis("output", nticks=6, fixedrange=True, zeroline=True),
    }
    layout["margin"] |= {"t": 36}
    return go.Figure(traces, layout)


def idle_figure(measured: Sequence[LayersMeasured], names: Names) -> go.Figure:
    """The share of dead units, or of saturated values, of each layer that can have them, over the epochs."""
    series = {layer: 100 * values for layer, values in _series(measured, names, _idle).items() if np.isfinite(values).any()}
    latest = {layer: values[np.isfinite(values)][-1] for layer, values in series.items()}
    said = "; ".join(f"{names[layer]} {value:.3g} %" for layer, value in latest.items()) or "no layer can have them"
    top = max([10.0, *(float(np.nanmax(values)) for values in series.values())])
    low, high = -0.03 * top, axis_end(top)
    # Lines at 0 lie on each other and on the axis: no numbers there.
    heights = {layer: (end - low) / (high - low) for layer, end in latest.items() if end}
    layout = _layout(f"Dead units or saturated values now: {said}.", _HEIGHT) | {
        "xaxis": _epochs(measured),
        "yaxis": axis("dead or saturated", ticksuffix=" %", nticks=5, fixedrange=True, range=[low, high]),
        "annotations": _numbers(measured[-1].epoch, heights),
    }
    return go.Figure({"data": _lines(measured, series, names, "%{y:.3g} %"), "layout": layout})


def rate_figure(measured: Sequence[LayersMeasured]) -> go.Figure:
    """The learning rate in force over the epochs."""
    chosen = [measured[i] for i in stride_indices(len(measured), _MOST_POINTS)]
    rates = [look.learning_rate for look in chosen]
    line = go.Scatter(
        x=[look.epoch for look in chosen], y=rates, mode="lines", line={"color": TRAINING, "width": 2.5},
        meta={"dark": "#56B4E9"}, hovertemplate="%{y:.3g} at epoch %{x:.2f}<extra></extra>",
    )  # fmt: skip
    layout = _layout(f"The learning rate, from {rates[0]:.3g} at first to {rates[-1]:.3g} now.", _HEIGHT)
    layout["xaxis"] = _epochs(measured)
    layout["yaxis"] = axis("learning rate", nticks=5, fixedrange=True, rangemode="tozero", exponentformat="power")
    return go.Figure([line], layout)


def measures_table(look: LayersMeasured, names: Names) -> str:
    """HTML of one look: a row for each layer, with the colour that its lines have."""
    rows = "".join(
        f"<tr><th scope='row'>{_swatch(rank)}{html.escape(names[layer.layer])}</th>"
        f"<td>{number(layer.gradient_norm)}</td><td>{_ratio(layer.update_ratio)}</td>"
        f"<td>{number(layer.activation_mean)} ± {number(layer.activation_spread)}</td><td>{_idle_words(layer)}</td></tr>"
        for rank, layer in enumerate(layer for layer in look.layers if layer.layer in names)
    )
    heads = "".join(
        f"<th scope='col'>{head}</th>"
        for head in ("Layer", "Gradient norm", "Step ÷ weights", "Output: mean ± spread", "Dead or saturated")
    )
    return f"{_STYLE}<div class='hood' tabindex='0'><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"


def number(value: float) -> str:
    """Two or three figures of a number, whatever its size."""
    if not math.isfinite(value):
        return "beyond all bounds"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e4:
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} · 10<sup>{int(exponent)}</sup>".replace("-", "−")


def _ratio(value: float) -> str:
    low, high = FAR_RATIOS
    mark = " ▲ large" if value > high else " ▼ small" if 0 < value < low else ""
    return f"{number(value)}{mark}"


def _idle(layer: LayerMeasures) -> float:
    share = layer.dead_share if layer.dead_share is not None else layer.saturated_share
    return math.nan if share is None else share


def _idle_words(layer: LayerMeasures) -> str:
    share = _idle(layer)
    if math.isnan(share):
        return "–"
    mark = " ▲ many" if share > MANY_IDLE else ""
    return f"{100 * share:.3g} % {'dead' if layer.dead_share is not None else 'saturated'}{mark}"


def _swatch(rank: int) -> str:
    dash = ("solid", "dashed", "dotted", "dashed")[rank // 8 % 4]
    return f"<i style='border-top:3px {dash} {class_colour(rank)}'></i>"


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _series(measured: Sequence[LayersMeasured], names: Names, figure: Callable[[LayerMeasures], float]) -> dict[int, Floats]:
    """One row a layer; NaN where a look has nothing about it, or a number ran away."""
    rows = {layer: np.full(len(measured), np.nan) for layer in names}
    for place, look in enumerate(measured):
        for layer in look.layers:
            value = figure(layer)
            if layer.layer in rows and math.isfinite(value):
                rows[layer.layer][place] = value
    return rows


def _lines(measured: Sequence[LayersMeasured], series: Mapping[int, Floats], names: Names, hover: str) -> list[Any]:
    points = min(_MOST_POINTS, max(_FEWEST_POINTS, _POINTS // max(1, len(names))))
    shown = stride_indices(len(measured), points)
    epochs = np.array([measured[i].epoch for i in shown])
    ranks = {layer: rank for rank, layer in enumerate(names)}
    traces = []
    for layer, values in series.items():
        rank = ranks[layer]
        traces.append(
            {
                "type": "scatter",
                "x": epochs,
                "y": values[shown],
                "name": names[layer],
                "mode": "lines" if len(shown) > 1 else "markers",
                "line": {"color": class_colour(rank), "width": 2.5, "dash": _DASHES[rank // 8 % len(_DASHES)]},
                "marker": {"color": class_colour(rank), "size": 8},
                "hovertemplate": f"{hover} at epoch %{{x:.2f}}",
            }
        )
    return traces


def _numbers(epoch: float, heights: Mapping[int, float]) -> list[dict[str, Any]]:
    """Each layer's number behind its line's end, pushed apart where lines end together.

    Args:
        epoch: where the lines end.
        heights: layer -> the share of the axis, from below, at which its line ends.
    """
    if len(heights) > LABELLED_LAYERS:
        return []
    order = sorted(heights, key=heights.__getitem__)
    places = [heights[layer] for layer in order]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + _LABEL_HEIGHT)
    for i in reversed(range(len(places))):
        places[i] = min(places[i], 1.0 - _LABEL_HEIGHT * (len(places) - 1 - i))
    return [
        {"x": epoch, "y": place, "yref": "y domain", "text": str(layer + 1), "showarrow": False}
        | {"xanchor": "left", "xshift": 3, "font": {"size": TICK_FONT_SIZE}}
        for layer, place in zip(order, places, strict=True)
    ]


def _log_lines(
    measured: Sequence[LayersMeasured],
    series: Mapping[int, Floats],
    names: Names,
    title: str,
    what: str,
    include: Sequence[float] = (),
    shapes: Sequence[dict[str, Any]] = (),
) -> go.Figure:
    positive = {layer: np.where(values > 0, values, np.nan) for layer, values in series.items()}
    said = "; ".join(f"{names[layer]} {values[-1]:.3g}" for layer, values in series.items() if len(values))
    known = [value for values in positive.values() for value in values[np.isfinite(values)]] + list(include)
    low, high = (math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))) if known else (-3, 0)
    high = max(high, low + 1)
    step = -(-(high - low) // 5)
    ticks = range(low, high + 1, step)
    ends = {layer: values[np.isfinite(values)][-1] for layer, values in positive.items() if np.isfinite(values).any()}
    heights = {layer: (math.log10(end) - low) / (high - low) for layer, end in ends.items()}
    layout = _layout(f"{what} now: {said}.", _HEIGHT) | {
        "xaxis": _epochs(measured),
        "yaxis": axis(title, type="log", range=[low, high], fixedrange=True)
        | {"tickvals": [10.0**tick for tick in ticks], "ticktext": [_power(tick) for tick in ticks]},
        "annotations": _numbers(measured[-1].epoch, heights),
        "shapes": shapes,
    }
    return go.Figure({"data": _lines(measured, positive, names, "%{y:.3g}"), "layout": layout})


def _power(exponent: int) -> str:
    return f"{10.0**exponent:g}" if -3 <= exponent <= 3 else f"10<sup>{exponent}</sup>".replace("-", "−")


def _epochs(measured: Sequence[LayersMeasured]) -> dict[str, Any]:
    end = axis_end(measured[-1].epoch) if measured else 1.0
    return axis("epoch", range=[0, end], nticks=6, fixedrange=True)


def _layout(alt: str, height: int) -> dict[str, Any]:
    return base_layout(
        alt=alt,
        height=height,
        margin={"l": 70, "r": 34, "t": 10, "b": 48, "autoexpand": False},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
    )


_STYLE = """<style>
.hood {overflow-x:auto;}
.hood table {border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums;}
.hood th, .hood td {text-align:right; padding:.25rem .6rem; border-bottom:1px solid rgba(128,128,128,.28); white-space:nowrap;}
.hood th:first-child {text-align:left; padding-left:0;}
.hood thead th {font-weight:600; opacity:.8; font-size:.9rem;}
.hood tbody th {font-weight:600;}
.hood i {display:inline-block; width:22px; margin-right:.5rem; vertical-align:middle;}
@media (max-width: 640px) {
  .hood table {font-size:.72rem;}
  .hood th, .hood td {padding:.25rem .2rem;}
  .hood td:last-child, .hood thead th {white-space:normal; font-size:.7rem;}
  .hood i {width:8px; margin-right:.2rem;}
}
</style>"""
