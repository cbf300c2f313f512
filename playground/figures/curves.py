"""Loss and score over the course of training: columns of numbers -> plotly traces and layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from playground.figures.columns import EpochRecord, HistoryColumns
from playground.figures.downsampling import extreme_indices, stride_indices
from playground.figures.overlays import Overlay, overlay_traces
from playground.figures.score import SCALES, ScoreScale
from playground.figures.theme import FONT_SIZE, NEUTRAL, ON_DARK, TRAINING, VALIDATION, axis, base_layout
from playground.figures.ticks import axis_end

Floats = npt.NDArray[np.float64]

RAW_POINTS = 240
SMOOTH_POINTS = 160
EPOCH_POINTS = 300

BATCHES = "training, each batch"
TRAINING_EPOCHS = "training, each epoch"
VALIDATION_EPOCHS = "validation, each epoch"


@dataclass(frozen=True)
class CurveOptions:
    """How the curves are drawn.

    Attributes:
        x: whether the horizontal axis counts epochs (fractional) or batches.
        batches_per_epoch: batches in a whole epoch; None when only finished epochs tell it.
        show_raw: whether the unsmoothed per-batch values are drawn, faintly, behind the smoothed ones.
        log_loss: whether the loss axis is logarithmic.
        zoom_key: a zoomed range and hidden curves stay for as long as this is the same.
        height: pixels of one panel.
        starting: whether a run has begun, so that an empty chart need not say how to begin one.
        score: what the second panel shows: "accuracy", or the "R²" of a regression.
    """

    x: Literal["epoch", "batch"] = "epoch"
    batches_per_epoch: float | None = None
    show_raw: bool = True
    log_loss: bool = False
    zoom_key: str = "curves"
    height: int = 330
    starting: bool = False
    score: str = "accuracy"

    @property
    def scale(self) -> ScoreScale:
        return SCALES[self.score]


@dataclass(frozen=True)
class Curves:
    """Two panels, loss and score, ready for plotly.

    `traces` hold 1-D float64 arrays. `layout` sets the panels side by side; with the entries of `narrow` put over it,
    one above the other.
    """

    traces: list[dict[str, Any]]
    layout: dict[str, Any]
    narrow: dict[str, Any] = field(default_factory=dict)

    @property
    def alt(self) -> str:
        return str(self.layout["meta"]["alt"])


def epoch_positions(steps: npt.ArrayLike, epochs: Sequence[EpochRecord], batches_per_epoch: float | None) -> Floats:
    """Where batches stand on an axis of epochs: `steps` (n,), batches counted from 1 -> (n,), fractional epochs.

    A finished epoch's last batch stands exactly at that epoch's number, so the axis stays right when the batch size
    was changed on the way. Beyond the last finished epoch, `batches_per_epoch` gives the slope (without it, the slope
    of the last finished epoch).
    """
    steps = np.asarray(steps, dtype=np.float64)
    known_steps = np.array([0.0, *(record.step for record in epochs)])
    known_epochs = np.array([0.0, *(record.epoch for record in epochs)])
    slope = batches_per_epoch
    if not slope and len(epochs):
        slope = (known_steps[-1] - known_steps[-2]) / max(1e-9, known_epochs[-1] - known_epochs[-2])
    slope = slope or 1.0
    beyond = known_epochs[-1] + (steps - known_steps[-1]) / slope
    return np.where(steps > known_steps[-1], beyond, np.interp(steps, known_steps, known_epochs))


def build_curves(
    columns: HistoryColumns, epochs: Sequence[EpochRecord], options: CurveOptions, overlays: Sequence[Overlay] = ()
) -> Curves:
    """The two panels of a training history, at most 300 points a trace, and other lines to see it against."""
    placed = bool(len(columns)) and bool(np.isfinite(columns.positions[-1]))
    in_epochs = options.x == "epoch" and bool(placed or options.batches_per_epoch or epochs)
    chosen = [epochs[index] for index in stride_indices(len(epochs), EPOCH_POINTS)]

    def place(indices: npt.NDArray[np.intp]) -> Floats:
        if in_epochs and placed:
            return columns.positions[indices]
        steps = columns.steps[indices]
        return epoch_positions(steps, epochs, options.batches_per_epoch) if in_epochs else steps

    epoch_x = np.array([record.epoch if in_epochs else record.step for record in chosen], dtype=np.float64)
    smooth = stride_indices(len(columns), SMOOTH_POINTS)
    smooth_x = place(smooth)
    score = options.scale
    panels = (
        (columns.loss, columns.smooth_loss, "loss", 1.0, "y", "%{y:.4g}"),
        (columns.accuracy, columns.smooth_accuracy, "accuracy", score.factor, "y2", score.hover()),
    )
    traces: list[dict[str, Any]] = []
    for raw_values, smooth_values, figure, scale, y_axis, hover in panels:
        anchor = {"xaxis": y_axis.replace("y", "x"), "yaxis": y_axis, "type": "scatter"}
        raw = extreme_indices(raw_values, RAW_POINTS) if options.show_raw else np.arange(0)
        raw_line = {"color": TRAINING, "width": 1, "simplify": True}
        traces.append(
            anchor
            | _series(f"raw-{y_axis}", place(raw), raw_values[raw] * scale)
            | {"mode": "lines", "line": raw_line, "opacity": 0.35, "hoverinfo": "skip"}
            | _dark(TRAINING)
            | {"name": BATCHES, "legendgroup": BATCHES, "showlegend": False}
        )
        traces.append(
            anchor
            | _series(f"smooth-{y_axis}", smooth_x, smooth_values[smooth] * scale)
            | {"mode": "lines", "line": {"color": TRAINING, "width": 2.5}}
            | _dark(TRAINING)
            | _legend(BATCHES, y_axis, hover)
        )
        for name, attribute, colour, symbol, dash in (
            (TRAINING_EPOCHS, f"train_{figure}", TRAINING, "circle", "dot"),
            (VALIDATION_EPOCHS, f"validation_{figure}", VALIDATION, "diamond", "solid"),
        ):
            values = np.array([getattr(record, attribute) for record in chosen], dtype=np.float64) * scale
            size = 9 if len(chosen) <= 30 else 5
            traces.append(
                anchor
                | _series(f"{attribute}", epoch_x, values)
                | {"mode": "lines+markers", "line": {"color": colour, "width": 2, "dash": dash}}
                | {"marker": {"color": colour, "symbol": symbol, "size": size}}
                | _dark(colour)
                | _legend(name, y_axis, hover)
            )
    last = float(smooth_x[-1]) if len(smooth_x) else (float(epoch_x[-1]) if len(epoch_x) else 0.0)
    alt = describe(columns, epochs, last if in_epochs else None, score)
    beside = overlay_traces(overlays, in_epochs or (not len(columns) and options.x == "epoch"), score)
    traces = beside + traces  # behind the run's own curves
    blank = tuple(not any(np.isfinite(trace["y"]).any() for trace in traces if trace["yaxis"] == name) for name in ("y", "y2"))
    end = axis_end(max([last, *(float(trace["x"][-1]) for trace in beside)]))
    layout, narrow = _layouts(options, in_epochs, end, _spans(traces, options.log_loss, score), alt, blank)
    return Curves(traces, layout, narrow)


def _series(uid: str, x: Floats, y: Floats) -> dict[str, Any]:
    # One undrawn point instead of none: plotly drops an empty curve from the legend, which would then change its size.
    hole = np.array([np.nan])
    return {"uid": uid, "x": x if len(x) else hole, "y": y if len(y) else hole}


def _dark(colour: str) -> dict[str, Any]:
    # Plotly keeps `meta` and ignores it; who draws on a dark page takes the colour from there.
    return {"meta": {"dark": ON_DARK[colour]}}


def _legend(name: str, y_axis: str, hover: str) -> dict[str, Any]:
    # One entry stands for a curve in both panels, so that one click hides both.
    return {"name": name, "legendgroup": name, "showlegend": y_axis == "y", "hovertemplate": hover}


Span = tuple[float, float]


def _spans(traces: Sequence[dict[str, Any]], log_loss: bool, score: ScoreScale) -> tuple[Span, Span]:
    """The ranges of the loss and the score axis: round numbers, so that they change seldom."""
    loss, scores = (
        np.concatenate([trace["y"] for trace in traces if trace["yaxis"] == name], dtype=np.float64) for name in ("y", "y2")
    )
    loss = loss[np.isfinite(loss) & (loss > 0)]
    if not len(loss):
        loss_span = (0.1, 1.0) if log_loss else (0.0, 1.0)
    elif log_loss:
        # Thirds of a decade: 1, 2.15, 4.6, 10.
        low, high = np.floor(3 * np.log10(loss.min())) / 3, np.ceil(3 * np.log10(loss.max())) / 3
        loss_span = (float(10**low), float(10 ** max(high, low + 1 / 3)))
    else:
        loss_span = (0.0, axis_end(float(loss.max())))
    return loss_span, score.span(scores[np.isfinite(scores)])


def _fixed(low: float, high: float, *, room: float = 0.0) -> dict[str, Any]:
    # Said as an automatic range, so that a double click finds the way back to it.
    return {"autorangeoptions": {"include": [low, high], "clipmin": low - room, "clipmax": high + room}}


def _log_ticks(low: float, high: float) -> dict[str, Any]:
    # Plotly's own labels between powers of ten are small lone digits, which nobody reads from the back row.
    decades = range(int(np.floor(np.log10(low))) - 1, int(np.ceil(np.log10(high))) + 1)
    steps = (1, 2, 5) if len(decades) <= 5 else (1,)
    values = [step * 10.0**decade for decade in decades for step in steps]
    return {"tickvals": values, "ticktext": [f"{value:g}" for value in values]}


def _layouts(
    options: CurveOptions, in_epochs: bool, x_end: float, spans: tuple[Span, Span], alt: str, blank: Sequence[bool]
) -> tuple[dict[str, Any], dict[str, Any]]:
    x_title = "epoch (once through all that it learns from)" if in_epochs or options.x == "epoch" else "batch"
    # An axis keeps its zoom while its own key stays: a change of unit or scale makes old ranges meaningless.
    x_key = f"{options.zoom_key}/{'epoch' if in_epochs else 'batch'}"
    hover_title = "epoch %{x:.2f}" if in_epochs else "batch %{x:.0f}"
    # The room keeps the last marker whole; it is always there, so that nothing moves when that marker comes.
    grows = _fixed(0.0, 1.02 * x_end) | {"uirevision": x_key, "unifiedhovertitle": {"text": hover_title}}
    grows |= {"spikethickness": 1, "spikecolor": NEUTRAL}
    legend = {"orientation": "h", "x": 0, "xanchor": "left", "y": 0.995, "yanchor": "top", "yref": "container"}
    wide: dict[str, Any] = base_layout(
        alt=alt,
        height=options.height,
        uirevision=options.zoom_key,
        hovermode="x unified",
        dragmode="zoom",
        margin={"l": 58, "r": 14, "t": 66, "b": 54, "autoexpand": False},
        legend=legend,
        xaxis=axis(x_title, anchor="y", domain=[0.0, 0.46], **grows),
        xaxis2=axis(x_title, anchor="y2", domain=[0.54, 1.0], **grows),
        yaxis=axis(
            anchor="x",
            type="log" if options.log_loss else "linear",
            uirevision=f"{options.zoom_key}/{options.log_loss}",
            **(_log_ticks(*spans[0]) if options.log_loss else {"nticks": 6, "exponentformat": "power"}),
            **_fixed(*spans[0]),
        ),
        # The room keeps a marker at the very top whole.
        yaxis2=axis(
            anchor="x2", ticksuffix=options.scale.tick_unit, nticks=6, **_fixed(*spans[1], room=0.015 * options.scale.high)
        ),
    )
    # Without points plotly has no range to find.
    x_span = [0, 5 if all(blank) else x_end]
    for is_blank, entries in zip(
        blank, ((("xaxis", x_span), ("yaxis", [0, 2.5])), (("xaxis2", x_span), ("yaxis2", [0, options.scale.high]))), strict=True
    ):
        for name, span in entries if is_blank else ():
            wide[name] |= {"range": span, "type": "linear", "uirevision": "empty"}
    wide["annotations"] = _annotations(blank, options.starting, options.scale)
    narrow = {
        "height": round(options.height * 1.95),
        "dragmode": False,
        "margin": wide["margin"] | {"t": 118, "l": 56, "r": 16},
        "legend": legend | {"xref": "container", "tracegroupgap": 0, "font": {"size": FONT_SIZE - 3}},
        "xaxis": wide["xaxis"] | {"domain": [0.0, 1.0]},
        "xaxis2": wide["xaxis2"] | {"domain": [0.0, 1.0]},
        "yaxis": wide["yaxis"] | {"domain": [0.60, 1.0]},
        "yaxis2": wide["yaxis2"] | {"domain": [0.0, 0.38]},
    }
    return wide, narrow


def _annotations(blank: Sequence[bool], starting: bool, score: ScoreScale) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = []
    for number, (title, waiting) in enumerate(
        (
            ("<b>Loss</b>: lower is better", "Press Train:<br>the loss will fall here"),
            (f"<b>{score.title}</b>: higher is better", f"Press Train:<br>{score.the} will rise here"),
        )
    ):
        suffix = "2" if number else ""
        common = {"xref": f"x{suffix} domain", "yref": f"y{suffix} domain", "showarrow": False}
        title_place = {"x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "xshift": -8, "yshift": 2}
        notes.append(common | title_place | {"text": title, "font": {"size": FONT_SIZE}})
        if blank[number]:
            waiting = "Starting ..." if starting else waiting
            notes.append(common | {"text": waiting, "x": 0.5, "y": 0.5, "font": {"size": FONT_SIZE}})
    return notes


def describe(columns: HistoryColumns, epochs: Sequence[EpochRecord], position: float | None, score: ScoreScale) -> str:
    """The latest values in words, for who cannot see the curves. `position` is in epochs, if that is known."""
    parts = []
    if len(columns):
        parts.append(_pair("training", columns.smooth_loss[-1], columns.smooth_accuracy[-1], score))
    if epochs:
        parts.append(_pair("validation", epochs[-1].validation_loss, epochs[-1].validation_accuracy, score))
    said = "; ".join(part for part in parts if part)
    if not said:
        return f"Curves of loss and {score.name}: empty, nothing has been trained yet."
    where = f" at epoch {position:.2f}" if position is not None else ""
    return f"Curves of loss and {score.name} while training. Latest{where}: {said}."


def _pair(name: str, loss: float | None, value: float | None, score: ScoreScale) -> str:
    words = []
    if loss is not None and np.isfinite(loss):
        words.append(f"{name} loss {loss:.4g}")
    if value is not None and np.isfinite(value):
        words.append(f"{name} {score.name} {score.text(value)}")
    return ", ".join(words)
