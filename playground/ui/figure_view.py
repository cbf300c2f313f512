"""Any plotly figure that changes while one looks at it: redrawn in place, so that nothing flickers and a zoom stays."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from playground.figures.theme import alt_text
from playground.ui.plotly_library import library_address, with_plotly

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "playground_figure_view",
    html='<div class="figure-view" role="img" aria-label="Figure"></div>',
    css=(_HERE / "figure_view.css").read_text(encoding="utf-8"),
    js=with_plotly(_HERE / "figure_view.js"),
    isolate_styles=False,
)


def figure_view(
    make: Callable[[], go.Figure],
    *,
    key: str,
    revision: Hashable,
    zoom_key: str | None = None,
    on_pick: Callable[[float, float], None] | None = None,
) -> None:
    """Draws a figure; called again with the same `revision`, as a tick does, it costs nothing and draws nothing.

    Args:
        make: builds the figure, whose layout must hold its height; called only when there is something new. What its
            `layout.meta["narrow"]` holds, such as another height, takes the layout's place on a phone.
        key: names this figure on its page; as long as it stays, so does the element in the browser.
        revision: changes whenever the figure would.
        zoom_key: a zoomed range stays for as long as this is the same (default: `key`).
        on_pick: called with x and y of what was clicked, before the page's script runs again.
    """
    memory_key = f"_figure_view/{key}"
    drawn, payload = st.session_state.get(memory_key, (None, {}))
    wanted = (revision, zoom_key)
    if drawn != wanted:
        payload = _payload(make(), repr(wanted), zoom_key or key)
        st.session_state[memory_key] = (wanted, payload)
    if on_pick is None:
        _mount(key=key, data=payload)
        return

    def take() -> None:
        picked = getattr(st.session_state.get(key), "picked", None)
        if picked:
            on_pick(float(picked[0]), float(picked[1]))

    _mount(key=key, data=payload | {"pickable": True}, on_picked_change=take)


def _payload(figure: go.Figure, revision: str, zoom_key: str) -> dict[str, Any]:
    height = figure.layout.height
    if height is None:
        raise ValueError("a figure that is redrawn in place needs a height, so that its place is kept")
    narrow = (figure.layout.meta or {}).get("narrow", {})
    return {
        "figure": figure.to_json(remove_uids=False),
        "alt": alt_text(figure),
        "height": int(height),
        "narrow_height": int(narrow.get("height", height)),
        "revision": revision,
        "zoom": zoom_key,
        "library": library_address(),
    }
