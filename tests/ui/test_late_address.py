"""What a page takes out of its address stays out, also when the browser sends the old address once more."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from playground.ui import address


def _page() -> None:
    import streamlit as st

    from playground.ui import address

    if st.session_state.get("waits"):
        address.wait_for_send()
    if "put" in st.session_state:
        address.keep("run", st.session_state.pop("put") or None)
    if "put_other" in st.session_state:
        address.keep("other", st.session_state.pop("put_other"))
    if st.session_state.get("sends"):
        address.send()
    st.session_state["found"] = address.named("run")


def _sent(app: AppTest, run: str | None) -> str | None:
    """What the page finds when its browser sends this address."""
    app.query_params.clear()
    if run is not None:
        app.query_params["run"] = run
    found: str | None = app.run().session_state["found"]
    assert not app.exception
    return found


def _put(app: AppTest, run: str) -> None:
    app.session_state["put"] = run
    app.run()


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_function(_page)
    assert _sent(app, None) is None and _sent(app, "first") == "first"
    return app


def test_an_address_that_was_on_its_way_does_not_bring_back_what_was_left(app: AppTest) -> None:
    _put(app, "second")
    assert _sent(app, "first") == "second"
    assert _sent(app, "second") == "second"
    _put(app, "")
    assert _sent(app, "second") is None and _sent(app, "first") is None
    assert _sent(app, None) is None


def test_an_address_from_before_the_first_choice_does_not_take_it_away(app: AppTest) -> None:
    _sent(app, None)
    _put(app, "second")
    assert _sent(app, None) == "second"


def test_what_is_chosen_again_is_there_again(app: AppTest) -> None:
    _put(app, "second")
    _put(app, "first")
    assert _sent(app, "first") == "first" and _sent(app, "second") == "first"


def test_what_is_sent_to_the_browser_is_cleared_of_what_was_left(app: AppTest) -> None:
    _put(app, "")
    app.query_params["run"] = "first"  # late
    app.session_state["put_other"] = "new"
    app.run()
    assert dict(app.query_params) == {"other": "new"}


def test_what_waits_is_sent_together(app: AppTest) -> None:
    app.session_state["waits"] = True
    app.session_state["put_other"] = "new"
    _put(app, "second")
    assert app.session_state["found"] == "second", "the page itself knows at once"
    assert dict(app.query_params) == {"run": "first"}
    app.session_state["sends"] = True
    app.run()
    assert dict(app.query_params) == {"run": "second", "other": "new"}


def test_where_the_visitor_walks_back_to_is_taken_though_something_was_not_sent_yet(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.session_state["waits"] = True
    monkeypatch.setattr(address, "went_back", lambda: True)
    app.query_params.clear()
    _put(app, "second")  # Back; then Forward, before the page was drawn and its address sent
    assert app.session_state["found"] == "second", "what is put while it is drawn counts"
    app.session_state["sends"] = True
    assert _sent(app, "first") == "first"
    assert dict(app.query_params) == {"run": "first"}


def test_any_other_address_is_taken_at_once(app: AppTest) -> None:
    _put(app, "second")
    assert _sent(app, "third") == "third"


def test_a_while_later_the_address_is_meant(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    _put(app, "second")
    assert _sent(app, "first") == "second"
    monkeypatch.setattr(address, "_LATE_SECONDS", 0.0)
    assert _sent(app, "first") == "first"
