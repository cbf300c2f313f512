"""Controls of the plane page that tell once more what they showed, because a click interrupted the page's drawing."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from playground.ui import plane_state

    def take(chosen: int) -> None:
        st.session_state["chosen"] = [*st.session_state.get("chosen", []), chosen]

    st.slider("How many", 0, 9, 3, key="control", on_change=plane_state.on_choice("control", 3, take))


def test_only_what_a_control_did_not_show_was_chosen() -> None:
    app = AppTest.from_function(_page).run()
    app.slider[0].set_value(5).run()
    assert app.session_state["chosen"] == [5]
    app.slider[0].set_value(3).run()  # it is still drawn as showing 3
    assert app.session_state["chosen"] == [5]
    assert not app.exception
