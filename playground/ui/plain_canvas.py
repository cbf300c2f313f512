"""Takes the drawing canvas' own toolbar away: the page has buttons of its own."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "playground_plain_canvas", js=(Path(__file__).parent / "plain_canvas.js").read_text(encoding="utf-8")
)


def plain_canvas() -> None:
    """Call once on a page, beside canvases in containers whose key ends in "_canvas"."""
    _mount(key="plain_canvas")
