"""The curves of a run while it trains: redrawn in place, so that nothing flickers and a zoomed range stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from playground.figures.columns import HistoryColumns, HistoryView
from playground.figures.curves import CurveOptions, build_curves
from playground.figures.encoding import encode_arrays
from playground.figures.overlays import Overlay
from playground.ui.plotly_library import library_address, with_plotly

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "playground_live_chart",
    html='<div class="live-chart" role="img" aria-label="Curves of loss and score"></div>',
    css=(_HERE / "live_chart.css").read_text(encoding="utf-8"),
    js=with_plotly(_HERE / "live_chart.js"),
    isolate_styles=False,
)


@dataclass
class _Memory:
    """What one chart in one visitor's session keeps from tick to tick, so that a tick costs only what is new."""

    columns: HistoryColumns
    drawn: tuple[Any, ...] = ()
    payload: dict[str, Any] = field(default_factory=dict)


def live_chart(
    history_view: HistoryView,
    *,
    key: str,
    smoothing: float = 0.95,
    show_raw: bool = True,
    log_loss: bool = False,
    x: Literal["batch", "epoch"] = "epoch",
    revision: object = None,
    batches_per_epoch: float | None = None,
    zoom_key: str | None = None,
    height: int = 330,
    overlays: tuple[Overlay, ...] = (),
    score: str = "accuracy",
) -> None:
    """Draw loss and score of a growing history; call it in a fragment that ticks while the run is active.

    Args:
        history_view: see `HistoryView`; may be the same object with more in it, or another one.
        key: names this chart on its page; as long as it stays, so does the element in the browser.
        smoothing: weight of the past in the per-batch average, 0 (none) to below 1.
        show_raw: also draw the unsmoothed per-batch values, faintly.
        log_loss: logarithmic loss axis.
        x: unit of the horizontal axis.
        revision: any value that changes when the history does; None to let lengths and status tell.
        batches_per_epoch: gives the epoch axis its unit, where the history has no `batch_epochs`; None lets the finished
            epochs tell.
        zoom_key: a zoomed range stays for as long as this is the same (default: `key`); a run's id is a good one.
        overlays: other lines to see the curves against.
        height: pixels of one panel; on a narrow page, where the panels stand one above the other, about twice that.
        score: what the second panel is called and scaled by: "accuracy", or "R²" of a regression.
    """
    starting = history_view.status == "running"
    options = CurveOptions(x, batches_per_epoch, show_raw, log_loss, zoom_key or key, height, starting, score)
    memory_key = f"_live_chart/{key}"
    memory: _Memory | None = st.session_state.get(memory_key)
    if memory is None or memory.columns.smoothing != smoothing:
        memory = st.session_state[memory_key] = _Memory(HistoryColumns(smoothing))
    counts = (len(history_view.batch_steps), len(history_view.epochs), history_view.status)
    drawn = (id(history_view), revision, counts, smoothing, options, *(overlay.key for overlay in overlays))
    if memory.drawn != drawn:
        memory.columns.update(history_view)
        curves = build_curves(memory.columns, history_view.epochs, options, overlays)
        memory.payload = {
            "revision": repr(drawn),
            "traces": encode_arrays(curves.traces),
            "alt": curves.alt,
            "layout": {name: entry for name, entry in curves.layout.items() if name != "meta"},
            "narrow": curves.narrow,
            "library": library_address(),
        }
        memory.drawn = drawn
    _mount(key=key, data=memory.payload)
