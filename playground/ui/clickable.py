"""HTML whose buttons can be clicked: a small picture is chosen by clicking it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "playground_clickable",
    html='<div class="clickable"></div>',
    css="""
.clickable { width: 100%; color: var(--st-text-color); font-family: var(--st-font); }
.clickable button { font: inherit; color: inherit; background: none; border: 0; padding: 0; margin: 0; cursor: pointer; }
.clickable [data-pick]:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.clickable [data-pick][aria-pressed=true] { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
""",
    js=(Path(__file__).parent / "clickable.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def clickable(html: str, *, key: str, picked: str, on_pick: Callable[[str], None], target: str = "") -> None:
    """Shows HTML and calls `on_pick` with the `data-pick` of a clicked button, before the page's script runs again.

    Args:
        html: the program's own HTML; whatever a visitor wrote must be escaped in it.
        key: names this part of the page.
        picked: the `data-pick` of the button to be marked.
        target: the key of a container that is scrolled into sight after a click.
    """

    def take() -> None:
        value = getattr(st.session_state.get(key), "picked", None)
        if value:
            on_pick(str(value))

    _mount(key=key, data={"html": html, "picked": picked, "target": target}, on_picked_change=take)
