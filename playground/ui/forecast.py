"""Before Train: what do you expect? Afterwards: how far off were you?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from playground import data
from playground.catalog.task import TASKS
from playground.figures.overlays import Overlay, forecast
from playground.findings import Plan
from playground.forecast import Forecast, curve_from_strokes, in_words
from playground.jobs import RunInfo
from playground.training.history import History
from playground.ui import next_run
from playground.ui.data_words import noun
from playground.ui.plain_canvas import plain_canvas

WIDTH, HEIGHT = 340, 220  # pixels of the sketch
_LINES = (25, 50, 75)
_FIXED = {"originX": "left", "originY": "top", "selectable": False, "evented": False}


def forecast_form(plan: Plan, info: RunInfo | None) -> None:
    """A guess of the final score, and a sketch of the curve; committed to before Train."""
    source = plan.source
    is_number = source.task == "regression"
    waiting = next_run.waiting_forecast()
    if waiting is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"{in_words(waiting, None, (), source.task, noun(source))} It counts for the run that you train next.",
                icon=":material/lock:",
            )
            st.button("Take it back", icon=":material/undo:", on_click=next_run.set_forecast, args=(None,))
        return
    st.markdown("What do you expect? Guess first, then press **Train**: afterwards you see how far off you were.")
    guess_place, sketch_place = st.columns([2, 3])
    with guess_place:
        guess = st.number_input(
            f"Its R² on the test {noun(source)} will be" if is_number else f"Of 100 test {noun(source)}, it will get right",
            0.0,
            1.0 if is_number else 100.0,
            value=None,
            step=0.01 if is_number else 0.5,
            format="%.2f" if is_number else "%.1f",
            placeholder="such as 0.6" if is_number else "such as 95",
            key=f"forecast_guess.{TASKS[source.task].score}",
            help=f"The final exam: {noun(source)} that it never learned from. {TASKS[source.task].score_help}",
        )
    with sketch_place:
        st.markdown(
            f"Or **sketch the validation {TASKS[source.task].score}** from the beginning (left) to the last epoch (right):"
        )
        curve = _sketch(plan.run.training.epochs, is_number)
    made = Forecast(accuracy=None if guess is None else guess / (1 if is_number else 100), curve=curve)
    with guess_place:
        st.button(
            "Commit to this forecast",
            icon=":material/lock:",
            type="primary",
            disabled=made.is_empty,
            on_click=_commit,
            args=(made,),
        )
        if info is not None and info.is_active:
            st.caption("A run is going on: this forecast is for the one after it.")


def forecast_overlays(info: RunInfo | None, next_epochs: int, history: History) -> tuple[Overlay, ...]:
    """The forecast of the run that is shown, or of the one that comes next, as a line over the curves."""
    made = next_run.forecast_of(info) if info else None
    epochs = info.run.training.epochs if info else next_epochs
    if info is None:
        made = next_run.waiting_forecast()
    if made is None:
        return ()
    curve = made.curve or (made.accuracy or 0.0,) * epochs
    per_epoch = history.started.batches_per_epoch if history.started else 1
    return (forecast([epoch + 1 for epoch in range(len(curve))], curve, per_epoch),)


def forecast_score(info: RunInfo | None, history: History) -> None:
    """How far off the forecast of this run was, once it is over."""
    made = next_run.forecast_of(info) if info else None
    if info is None or made is None or info.is_active:
        return
    test = history.finished.test_accuracy if history.finished else None
    source = data.source(info.run.dataset)
    known = {epoch.epoch: epoch.validation_accuracy for epoch in history.epochs}  # of very short epochs, not all are told
    scores = [known.get(number) for number in range(1, max(known, default=0) + 1)]
    words = in_words(made, test, scores, source.task, noun(source))
    st.info(words, icon=":material/track_changes:")


def _commit(made: Forecast) -> None:
    next_run.set_forecast(made)
    for words in TASKS.values():
        st.session_state.pop(f"forecast_guess.{words.score}", None)
    _clear_sketch()


def _clear_sketch() -> None:
    st.session_state["sketch_revision"] = st.session_state.get("sketch_revision", 0) + 1


def _sketch(epochs: int, is_number: bool) -> tuple[float, ...]:
    # Here, because it can be imported only where Streamlit is running.
    from streamlit_drawable_canvas import st_canvas

    with st.container(key="forecast_canvas"):
        result = st_canvas(
            stroke_width=4,
            stroke_color="#CC79A7",
            background_color="#F4F4F4",
            initial_drawing={"objects": _axes(epochs, is_number)},
            update_streamlit=True,
            return_image_data=True,
            height=HEIGHT,
            width=WIDTH,
            key=f"sketch.{epochs}.{is_number}.{st.session_state.get('sketch_revision', 0)}",
        )
        plain_canvas()
    curve = curve_from_strokes(_points(result.json_data or {}), WIDTH, HEIGHT, epochs)
    st.button("Sketch again", icon=":material/delete:", on_click=_clear_sketch, disabled=not curve)
    return curve


def _points(drawing: dict[str, Any]) -> list[tuple[float, float]]:
    """The pen's way over the canvas: of each piece of a path, the point where it ends."""
    return [
        (float(piece[-2]), float(piece[-1]))
        for entry in drawing.get("objects", [])
        if str(entry.get("type")).lower() == "path"
        for piece in entry.get("path", [])
        if len(piece) >= 3
    ]


def _axes(epochs: int, is_number: bool = False) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for percent in _LINES:
        y = HEIGHT * (1 - percent / 100)
        line = {"type": "line", "x1": 0, "y1": y, "x2": WIDTH, "y2": y, "left": 0, "top": y, "width": WIDTH, "height": 0}
        entries.append(line | {"stroke": "#C8C8C8", "strokeWidth": 1} | _FIXED)
        entries.append(_text(f"{percent / 100:g}" if is_number else f"{percent} %", 4, y - 18))
    entries.append(_text("1" if is_number else "100 %", 4, 2))
    entries.append(_text(f"epoch {epochs}", WIDTH - 70, HEIGHT - 20))
    return entries


def _text(words: str, left: float, top: float) -> dict[str, Any]:
    look = {"fontSize": 14, "fill": "#707070", "fontFamily": "sans-serif"}
    return {"type": "text", "text": words, "left": left, "top": top, **look, **_FIXED}
