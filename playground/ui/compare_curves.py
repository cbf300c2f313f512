"""Curves over one another, redrawn in place while one of the runs still learns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from playground import data
from playground.catalog.task import TASKS
from playground.figures.compare import CompareOptions, RunCurves, Unit, build_comparison
from playground.figures.encoding import encode_arrays
from playground.figures.score import SCALES
from playground.jobs import RunInfo
from playground.ui.compare_runs import ComparedRun, compared_runs, run_infos
from playground.ui.data_words import same_question
from playground.ui.plotly_library import library_address, with_plotly

TICK_SECONDS = 1.0
_HERE = Path(__file__).parent
_SCORE = "compare_score"
_UNITS: dict[Unit, str] = {"epoch": "per epoch", "step": "per step", "second": "per second"}

_mount = st.components.v2.component(
    "playground_compared_curves",
    html='<div class="live-chart" role="img" aria-label="Curves of loss and score of several runs"></div>',
    css=(_HERE / "live_chart.css").read_text(encoding="utf-8"),
    js=with_plotly(_HERE / "live_chart.js"),
    isolate_styles=False,
)


def curves_view(infos: Sequence[RunInfo]) -> None:
    """The two panels with their switches; while a run is active, they grow."""
    options = _options(infos)
    every = TICK_SECONDS if any(info.is_active for info in infos) else None
    st.fragment(_draw, run_every=every)(infos, options)
    words = ""
    scores = [_score(info) for info in infos]
    if len(set(scores)) > 1:
        words = (
            " Some of these runs tell classes, others numbers: their scores cannot stand on one axis, so choose which you see."
        )
    elif not all(same_question(info.run, infos[0].run) for info in infos):
        words = " These runs learned from different data sets, so neither losses nor scores say which is better."
    elif len({info.run.training.loss for info in infos}) > 1:
        words = f" These runs measure their loss in different ways: compare their {'R²' if scores[0] == 'R²' else 'accuracies'}."
    st.caption(
        "Strong, with marks: validation, after each epoch. Thin: training, batch by batch. Each letter stands "
        "at the end of its run's curves. Drag over a part to enlarge it; a double click brings all back." + words
    )


def _score(info: RunInfo) -> str:
    return TASKS[data.source(info.run.dataset).task].score


def _options(infos: Sequence[RunInfo]) -> CompareOptions:
    with st.container(horizontal=True, vertical_alignment="center", key="compare_switches"):
        unit: Unit = st.segmented_control(  # type: ignore[assignment]
            "Horizontal axis",
            list(_UNITS),
            default="epoch",
            required=True,
            format_func=lambda unit: _UNITS[unit],
            key="compare_unit",
            persist_state="session",
            label_visibility="collapsed",
            help="Per epoch: after as many looks at all data. Per step: after as many batches. Per second: after as much "
            "time spent training.",
        )
        smooth = st.toggle("Smooth", True, key="compare_smooth", persist_state="session", help="Averages the training curves.")
        log_loss = st.toggle(
            "Log loss",
            key="compare_log",
            persist_state="session",
            help="Equal distances are equal factors: shows small losses apart.",
        )
        score = _chosen_score([_score(info) for info in infos])
    zoom_key = "/".join([*(info.id for info in infos), score])
    return CompareOptions(unit, smooth, log_loss, zoom_key, score=score)


def _chosen_score(scores: Sequence[str]) -> str:
    """Which kind of score has the second panel: that of the baseline, unless another is chosen."""
    kinds = list(dict.fromkeys(scores))
    if len(kinds) == 1:
        return kinds[0]
    if st.session_state.get(_SCORE) not in kinds:
        st.session_state[_SCORE] = kinds[0]
    chosen: str = st.segmented_control(  # type: ignore[assignment]
        "Score",
        kinds,
        required=True,
        key=_SCORE,
        persist_state="session",
        label_visibility="collapsed",
        format_func=lambda kind: SCALES[kind].title,
        help="Which score has the second chart: accuracy, of runs that tell classes, or R², of runs that tell a number.",
    )
    return chosen


def _draw(infos: Sequence[RunInfo], options: CompareOptions) -> None:
    now, _ = run_infos([info.id for info in infos])
    if [info.status for info in now] != [info.status for info in infos]:
        st.rerun()  # the list of runs, the table and this fragment's clock hang on it
    runs = compared_runs(now)
    revision = repr((options, [(run.info.id, run.history.revision) for run in runs]))
    memory = st.session_state.get("compare_payload")
    if memory is None or memory["revision"] != revision:
        memory = st.session_state["compare_payload"] = _payload(runs, options, revision)
    _mount(key="compared_curves", data=memory)


def _payload(runs: Sequence[ComparedRun], options: CompareOptions, revision: str) -> dict[str, object]:
    curves = build_comparison([run_curves(run, options.smooth) for run in runs], options)
    return {
        "revision": revision,
        "traces": encode_arrays(curves.traces),
        "alt": curves.alt,
        "layout": {name: entry for name, entry in curves.layout.items() if name != "meta"},
        "narrow": curves.narrow,
        "library": library_address(),
    }


def run_curves(run: ComparedRun, smooth: bool) -> RunCurves:
    history = run.history
    per_epoch = history.started.batches_per_epoch if history.started else None
    return RunCurves(run.name, run.style, run.columns(smooth), history.epochs, history.seconds, per_epoch, run.score)
