"""The lesson that a visitor has opened: what it locks and hides. A lesson stands in the address and goes from page to page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import streamlit as st

from playground import data
from playground.errors import PlaygroundError
from playground.lessons import Control, Lesson
from playground.spec import RunSpec
from playground.ui import address
from playground.ui.datasets import effective

LOCKED_WORDS = "Your teacher has locked this."


def lesson() -> Lesson | None:
    """The lesson that this session is in, from the address or else from the session; None outside of lessons."""
    text = st.query_params.get(address.LESSON_PARAMETER)
    if text and text != st.session_state.get("refused_lesson"):
        try:
            _read(text)
            st.session_state["lesson_link"] = text
        except PlaygroundError as problem:
            st.session_state["refused_lesson"] = text
            st.session_state["lesson_problem"] = str(problem)
    kept = st.session_state.get("lesson_link")
    return _read(kept) if kept else None


def lesson_link() -> str | None:
    """The lesson as it stands in the address."""
    lesson()
    found: str | None = st.session_state.get("lesson_link")
    return found


def lesson_problem() -> str | None:
    """What is wrong with the lesson in the address, if it could not be opened."""
    lesson()
    problem: str | None = st.session_state.get("lesson_problem")
    return problem


def leave() -> None:
    """Ends the lesson: everything is open again, and what was built stays."""
    st.session_state.pop("lesson_problem", None)
    left = st.session_state.pop("lesson_link", None)
    # A browser may send the old address once more.
    st.session_state["refused_lesson"] = left or st.query_params.get(address.LESSON_PARAMETER)
    address.keep(address.LESSON_PARAMETER, None)


def keep_in_address() -> None:
    """Has the address hold the lesson. A link that could not be read stays, to be mended."""
    found = lesson_link()
    if found or not lesson_problem():
        address.keep(address.LESSON_PARAMETER, found)


def is_locked(control: Control) -> bool:
    found = lesson()
    return found is not None and control in found.locked


def allowed(page: str) -> bool:
    """Whether the lesson leaves a page in. `page` is its file, such as "pages/1_Inspect.py"; the front page always stays."""
    found = lesson()
    return found is None or page_name(page) not in found.hidden_pages


def page_name(page: str) -> str:
    """What a lesson calls a page: "pages/1_Inspect.py" -> "inspect"."""
    return Path(page).stem.lstrip("0123456789_").lower() if page.startswith("pages/") else ""


def guard(title: str, pages: Sequence[tuple[str, str, str]]) -> None:
    """On a page that the lesson leaves out, says so with a way back, and ends the page there.

    Args:
        pages: (file, title, icon) of all pages; the first is the front page.
    """
    found = lesson()
    path = next((path for path, label, _ in pages if label == title), "")
    if found is None or allowed(path):
        return
    with st.container(border=True, horizontal_alignment="center", key="left-out"):
        st.subheader(f"This lesson does without “{title}”", anchor=False)
        st.write("Your teacher has left this page out, so that you can look at one thing at a time.")
        front, label, icon = pages[0]
        st.page_link(front, label=f"Back to {label}", icon=icon, query_params=dict(st.query_params))
    st.stop()


def with_locks(run: RunSpec) -> RunSpec:
    """The run with what the lesson locks as the lesson has it; outside of lessons, the run itself."""
    found = lesson()
    return found.with_locked_parts(run) if found else run


def differing(run: RunSpec) -> tuple[str, ...]:
    """Titles of what the lesson locks and this run has otherwise."""
    found = lesson()
    if found is None:
        return ()
    return found.model_copy(update={"run": effective(found.run)}).differing(effective(run))


def require_allowed(run: RunSpec) -> None:
    """Refuses a run that is not of this lesson, however it came onto the workbench.

    Raises:
        PlaygroundError: something differs that the lesson locks; all of it is named.
    """
    titles = differing(run)
    if titles:
        raise PlaygroundError(
            f"This lesson has other settings: {', '.join(titles)}.",
            "Your teacher has locked these.",
            "Put them back by the button above, or leave the lesson.",
        )


@lru_cache(maxsize=64)
def _read(text: str) -> Lesson:
    found = Lesson.from_link(text)
    data.source(found.run.dataset)
    return found
