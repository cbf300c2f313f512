"""How one looks at the plane: test points, discrete output, the losses' axis, and what of the page is left out."""

from __future__ import annotations

import streamlit as st

from playground.ui import plane_state

PARTS: dict[plane_state.Part, str] = {
    "presets": "Presets",
    "steps": "Single steps and speed",
    "rates": "Learning rate, activation, regularisation",
    "task": "Task",
    "data": "Data",
    "view": "This bar",
    "losses": "Curves of the losses",
    "more": "Layers, training and files",
}


def view_bar() -> None:
    """Switches in one line."""
    viewing = plane_state.viewing()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="plane_view_bar"):
        _switch("Show test points", "show_test", viewing.show_test, "Also draws the points that it never learns from.")
        _switch("Discrete output", "discrete", viewing.discrete, "Full colours: what it would answer, not how sure it is.")
        _switch("Logarithmic loss", "log_loss", viewing.log_loss, "Shows small losses large.")
        with st.popover("Hide", icon=":material/visibility_off:", type="tertiary"):
            key = plane_state.control_key("plane_hidden", list(viewing.hidden))
            st.multiselect(
                "Leave out of this page",
                list(PARTS),
                list(viewing.hidden),
                format_func=PARTS.__getitem__,
                key=key,
                on_change=plane_state.on_choice(
                    key, list(viewing.hidden), lambda chosen: plane_state.set_viewing(hidden=tuple(chosen))
                ),
                help="The address says what is left out: whoever opens it sees the rest alone.",
            )


def _switch(label: str, name: str, value: bool, help: str) -> None:
    key = plane_state.control_key(f"plane_{name}", value)
    take = plane_state.on_choice(key, value, lambda chosen: plane_state.set_viewing(**{name: chosen}))
    st.toggle(label, value, key=key, on_change=take, help=help)
