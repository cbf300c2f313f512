"""Several runs over one another: loss and accuracy, training and validation, against batches, epochs or seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from playground.figures.columns import EpochRecord, HistoryColumns
from playground.figures.curves import Curves, epoch_positions
from playground.figures.downsampling import extreme_indices, stride_indices
from playground.figures.labels import LABEL_PIXELS, shifts
from playground.figures.run_styles import RunStyle
from playground.figures.score import SCALES, ScoreScale
from playground.figures.theme import FONT_SIZE, axis, base_layout
from playground.figures.ticks import axis_end

Floats = npt.NDArray[np.float64]
Unit = Literal["epoch", "step", "second"]

# So many points in all are drawn quickly by any browser; they are shared among the runs.
TRAINING_POINTS = 3200
EPOCH_POINTS = 100
_PIXELS_AROUND = 90  # above and below a panel
_PANEL_PIXELS = 420  # about as wide as a panel is
_STEEP_PERCENT = 7
_LOG_TICKS = tuple(step * 10.0**decade for decade in range(-7, 7) for step in (1, 2, 5))

UNITS: dict[Unit, tuple[str, str]] = {
    "epoch": ("epoch (once through all that it learns from)", "epoch %{x:.2f}"),
    "step": ("step (one batch)", "step %{x:,.0f}"),
    "second": ("seconds of training", "%{x:.1f} s"),
}


class TimedEpoch(EpochRecord, Protocol):
    """A finished epoch that also says how long the run had been training by then."""

    @property
    def seconds(self) -> float: ...


@dataclass(frozen=True, eq=False)
class RunCurves:
    """One run's numbers.

    Attributes:
        columns: per batch; scores as they are stored.
        seconds: of training so far.
        batches_per_epoch: in a whole epoch; None when only finished epochs tell it.
        score: "accuracy" or "R²": the second panel shows the runs of one kind.
    """

    name: str
    style: RunStyle
    columns: HistoryColumns
    epochs: Sequence[TimedEpoch]
    seconds: float
    batches_per_epoch: float | None = None
    score: str = "accuracy"


@dataclass(frozen=True)
class CompareOptions:
    """How the curves are drawn; a zoomed range stays for as long as `zoom_key` is the same."""

    unit: Unit = "epoch"
    smooth: bool = True
    log_loss: bool = False
    zoom_key: str = "compare"
    height: int = 360
    score: str = "accuracy"

    @property
    def scale(self) -> ScoreScale:
        return SCALES[self.score]


def second_positions(steps: npt.ArrayLike, run: RunCurves) -> Floats:
    """When each of the batches `steps` (n,) was over, in seconds of training: (n,).

    Known at the ends of epochs and at the last batch; between them, batches are taken to last equally long.
    """
    known_steps = [0.0, *(float(record.step) for record in run.epochs)]
    known_seconds = [0.0, *(record.seconds for record in run.epochs)]
    if len(run.columns) and run.columns.steps[-1] > known_steps[-1]:
        known_steps.append(float(run.columns.steps[-1]))
        known_seconds.append(max(run.seconds, known_seconds[-1]))
    return np.interp(np.asarray(steps, dtype=np.float64), known_steps, known_seconds)


def build_comparison(runs: Sequence[RunCurves], options: CompareOptions) -> Curves:
    """Two panels: training thin and faint, validation strong, each run's letter at the end of its curves."""
    traces: list[dict[str, Any]] = []
    ends: list[tuple[str, str, float, float]] = []
    budget = max(60, TRAINING_POINTS // max(1, len(runs)))
    for run in runs:
        for panel in ("loss", "accuracy") if run.score == options.score else ("loss",):
            training = _training(run, panel, options, budget)
            validation = _validation(run, panel, options)
            traces += [training, validation]
            last = next((end for end in (_end(validation), _end(training)) if end), None)
            if last:
                ends.append((panel, run.style.letter, *last))
    spans = {axis_name: _span(traces, axis_name, options) for axis_name in ("y", "y2")}
    x_end = max((float(np.nanmax(trace["x"])) for trace in traces if np.isfinite(trace["x"]).any()), default=1.0)
    layout, narrow = _layouts(options, x_end, spans, _alt(runs, options.scale))
    labels = _labels(ends, spans, options)
    layout["annotations"] = [*layout["annotations"], *labels]
    return Curves(traces, layout, narrow)


def _training(run: RunCurves, panel: str, options: CompareOptions, budget: int) -> dict[str, Any]:
    columns = run.columns
    if panel == "loss":
        values = columns.smooth_loss if options.smooth else columns.loss
    else:
        values = columns.smooth_accuracy if options.smooth else columns.accuracy
    chosen = stride_indices(len(columns), budget) if options.smooth else extreme_indices(values, budget)
    line = {"color": run.style.colour, "width": 1.3, "dash": run.style.dash}
    look = {"mode": "lines", "line": line, "opacity": 0.55, "uid": f"{run.style.letter}-training-{panel}"}
    kind = f"training {_called(panel, options)}{', smoothed' if options.smooth else ', one batch'}"
    return _trace(run, panel, kind, _batch_positions(run, chosen, options.unit), values[chosen], options) | look


def _batch_positions(run: RunCurves, chosen: npt.NDArray[np.intp], unit: Unit) -> Floats:
    columns = run.columns
    if unit == "step":
        return columns.steps[chosen]
    if unit == "second":
        return second_positions(columns.steps[chosen], run)
    if len(columns) and np.isfinite(columns.positions[-1]):
        return columns.positions[chosen]
    return epoch_positions(columns.steps[chosen], run.epochs, run.batches_per_epoch)


def _validation(run: RunCurves, panel: str, options: CompareOptions) -> dict[str, Any]:
    records = [run.epochs[index] for index in stride_indices(len(run.epochs), EPOCH_POINTS)]
    values = np.array([getattr(record, f"validation_{panel}") for record in records], dtype=np.float64)
    attribute = {"epoch": "epoch", "step": "step", "second": "seconds"}[options.unit]
    positions = np.array([getattr(record, attribute) for record in records], dtype=np.float64)
    line = {"color": run.style.colour, "width": 2.6, "dash": run.style.dash}
    marker = {"color": run.style.colour, "symbol": run.style.symbol, "size": 8 if len(records) <= 30 else 5}
    look = {"mode": "lines+markers", "line": line, "marker": marker, "uid": f"{run.style.letter}-validation-{panel}"}
    return _trace(run, panel, f"validation {_called(panel, options)}", positions, values, options) | look


def _called(panel: str, options: CompareOptions) -> str:
    return panel if panel == "loss" else options.scale.name


def _trace(run: RunCurves, panel: str, kind: str, x: Floats, y: Floats, options: CompareOptions) -> dict[str, Any]:
    score = options.scale
    scale, told, axis_name = (1.0, "%{y:.4f}", "") if panel == "loss" else (score.factor, score.hover("%{y}"), "2")
    hole = np.array([np.nan])  # plotly wants at least one point
    name = f"{run.style.letter} · {run.name}".replace("<", "&lt;")
    return {
        "type": "scatter",
        "xaxis": f"x{axis_name}",
        "yaxis": f"y{axis_name}",
        "x": x if len(x) else hole,
        "y": scale * y if len(y) else hole,
        "name": name,
        "showlegend": False,
        "hovertemplate": f"<b>{name}</b><br>{kind} <b>{told}</b><br>{UNITS[options.unit][1]}<extra></extra>",
        "meta": {"dark": run.style.on_dark},
    }


def _end(trace: dict[str, Any]) -> tuple[float, float] | None:
    """The last point that is drawn."""
    known = np.flatnonzero(np.isfinite(trace["y"]) & np.isfinite(trace["x"]))
    return (float(trace["x"][known[-1]]), float(trace["y"][known[-1]])) if len(known) else None


def _span(traces: Sequence[dict[str, Any]], axis_name: str, options: CompareOptions) -> tuple[float, float]:
    """The range of an axis: all of validation, and of training what is not the steep beginning, which would press the rest,
    where runs differ, into a tenth of the height. A logarithmic axis has room for all."""
    mine = [trace for trace in traces if trace["yaxis"] == axis_name]
    validation, training = (
        np.concatenate([trace["y"][np.isfinite(trace["y"])] for trace in mine if kind in trace["uid"]] or [np.array([])])
        for kind in ("-validation-", "-training-")
    )
    if axis_name == "y2":
        score = options.scale
        usual = float(np.percentile(training, _STEEP_PERCENT)) if len(training) else score.high
        least, _ = score.span([min(usual, float(validation.min(initial=score.high)))])
        return least, score.high + 0.015 * score.high
    validation, training = validation[validation > 0], training[training > 0]
    if options.log_loss:
        both = np.concatenate([validation, training])
        return float(both.min(initial=1.0)) * 0.85, float(both.max(initial=0.01)) * 1.2
    usual = float(np.percentile(training, 100 - _STEEP_PERCENT)) if len(training) else 0.0
    return 0.0, 1.04 * axis_end(max(usual, float(validation.max(initial=0.0))))


def _labels(
    ends: Sequence[tuple[str, str, float, float]], spans: dict[str, tuple[float, float]], options: CompareOptions
) -> list[dict[str, Any]]:
    """Each run's letter right of its last point, pushed apart where they would lie on one another."""
    notes = []
    for panel, axis_name in (("loss", "y"), ("accuracy", "y2")):
        is_log = panel == "loss" and options.log_loss
        low, high = (np.log10(spans[axis_name]) if is_log else np.array(spans[axis_name])).tolist()
        room = options.height - _PIXELS_AROUND
        mine = [(letter, x, np.log10(max(y, 1e-12)) if is_log else y) for name, letter, x, y in ends if name == panel]
        inside = [min(max(y, low), high) for _, _, y in mine]
        widest = max((x for _, x, _ in mine), default=1.0)
        across = [_PANEL_PIXELS * x / widest for _, x, _ in mine]
        up = [room * (y - low) / max(1e-12, high - low) for y in inside]
        for (letter, x, _), y, shift in zip(mine, inside, shifts(across, up, LABEL_PIXELS, room), strict=True):
            suffix = axis_name[1:]
            place = {"x": x, "y": y, "xref": f"x{suffix}", "yref": axis_name, "xanchor": "left"}
            look = {"text": f"<b>{letter}</b>", "showarrow": False, "font": {"size": FONT_SIZE}}
            notes.append(place | look | {"xshift": 7, "yshift": shift})
    return notes


def _layouts(
    options: CompareOptions, x_end: float, spans: dict[str, tuple[float, float]], alt: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    grows = _range(0.0, 1.05 * x_end) | {"uirevision": f"{options.zoom_key}/{options.unit}"}
    title = UNITS[options.unit][0]
    log = {"tickvals": _LOG_TICKS, "ticktext": [f"{value:g}" for value in _LOG_TICKS]}
    wide = base_layout(
        alt=alt,
        height=options.height,
        uirevision=options.zoom_key,
        hovermode="closest",
        dragmode="zoom",
        showlegend=False,
        margin={"l": 58, "r": 30, "t": 36, "b": 54, "autoexpand": False},
        xaxis=axis(title, anchor="y", domain=[0.0, 0.455], **grows),
        xaxis2=axis(title, anchor="y2", domain=[0.545, 1.0], **grows),
        yaxis=axis(
            anchor="x",
            type="log" if options.log_loss else "linear",
            uirevision=f"{options.zoom_key}/{options.log_loss}",
            **(log if options.log_loss else {"nticks": 6, "exponentformat": "power"}),
            **_range(*spans["y"]),
        ),
        yaxis2=axis(anchor="x2", ticksuffix=options.scale.tick_unit, nticks=6, **_range(*spans["y2"])),
    )
    wide["annotations"] = [
        {"xref": f"x{suffix} domain", "yref": f"y{suffix} domain", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"}
        | {"xshift": -8, "yshift": 2, "showarrow": False, "text": words, "font": {"size": FONT_SIZE}}
        for suffix, words in (("", "<b>Loss</b>: lower is better"), ("2", f"<b>{options.scale.title}</b>: higher is better"))
    ]
    narrow = {"height": round(options.height * 1.8), "dragmode": False}
    narrow |= {name: wide[name] | {"domain": [0.0, 1.0]} for name in ("xaxis", "xaxis2")}
    narrow |= {"yaxis": wide["yaxis"] | {"domain": [0.58, 1.0]}, "yaxis2": wide["yaxis2"] | {"domain": [0.0, 0.41]}}
    return wide, narrow


def _range(low: float, high: float) -> dict[str, Any]:
    # Said as an automatic range, so that a double click finds the way back to it.
    return {"autorangeoptions": {"include": [low, high], "clipmin": low, "clipmax": high}}


def _alt(runs: Sequence[RunCurves], scale: ScoreScale) -> str:
    if not runs:
        return f"Curves of loss and {scale.name}: no run is chosen."
    said = []
    for run in runs:
        accuracy = run.epochs[-1].validation_accuracy if run.epochs else None
        own = SCALES[run.score]
        known = f"validation {own.name} {own.text(accuracy)}" if accuracy is not None else f"no validation {own.name} yet"
        said.append(f"{run.style.letter} ({run.name}): {known}")
    return f"Curves of loss and {scale.name} of {len(runs)} runs. " + "; ".join(said) + "."
