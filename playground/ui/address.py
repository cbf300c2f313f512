"""What stands in the page's address: the run that is shown, the workbench where it differs from it, and the lesson.

So a reload, another page, or a copy of the address in another browser finds all of it again. What was read from the address
is kept in the session, because a page may be opened without its query.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from playground import data
from playground.errors import PlaygroundError
from playground.spec import RunSpec

RUN_PARAMETER = "run"
SPEC_PARAMETER = "spec"
LESSON_PARAMETER = "lesson"
PLANE_PARAMETER = "plane"
PLANE_LOOK_PARAMETER = "look"
_KEPT_LINKS = 200

Value = TypeVar("Value")


def new_spec(parameter: str = SPEC_PARAMETER) -> RunSpec | None:
    """The run that the address describes, when this session has not seen its link before; else None."""
    return news(parameter, _read_spec)


def news(parameter: str, read: Callable[[str], Value]) -> Value | None:
    """What `read` makes of a link in the address, when this session has not seen it before; else None.

    A browser may send an address once more that was changed meanwhile. So a link that this session wrote or read is not news,
    and never undoes an edit.
    """
    text = st.query_params.get(parameter)
    if not text or f"{parameter}={text}" in _seen():
        return None
    _remember(parameter, text)
    try:
        return read(text)
    except PlaygroundError as problem:
        st.session_state[f"{parameter}_link_problem"] = str(problem)
        return None


def _read_spec(text: str) -> RunSpec:
    spec = RunSpec.from_link(text)
    data.source(spec.dataset)
    return spec


def link_problem(parameter: str = SPEC_PARAMETER) -> str | None:
    """What is wrong with the workbench's link, until another run is put on the workbench."""
    problem: str | None = st.session_state.get(f"{parameter}_link_problem")
    return problem


def forget_problem(parameter: str = SPEC_PARAMETER) -> None:
    st.session_state.pop(f"{parameter}_link_problem", None)


def keep_spec(spec: RunSpec | None) -> None:
    """Has the address describe the workbench; None when it need not."""
    keep_link(SPEC_PARAMETER, spec.to_link() if spec else None)


def keep_link(parameter: str, text: str | None) -> None:
    """Has the address hold a link; None takes it away. A link that could not be read stays, to be mended."""
    if link_problem(parameter):
        return
    _keep(parameter, text)
    if text:
        _remember(parameter, text)


def keep_run(run_id: str | None) -> None:
    """Has the address name the run; None takes the name away."""
    _keep(RUN_PARAMETER, run_id)


def keep_lesson(text: str | None) -> None:
    """Has the address hold the lesson; None takes it away."""
    _keep(LESSON_PARAMETER, text)


def link(**parameters: str | None) -> str:
    """An address of the front page with these parameters, in any browser that reaches this server."""
    query = "&".join(f"{name}={value}" for name, value in parameters.items() if value)
    return f"{server()}/?{query}"


def server() -> str:
    """The front page's address without a query, as this visitor's browser knows it."""
    return str(st.context.url or "").split("?")[0].rstrip("/")


def _keep(name: str, value: str | None) -> None:
    # Every write is sent to the browser, where it becomes an entry of its history.
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def _seen() -> list[str]:
    found: list[str] = st.session_state.setdefault("seen_links", [])
    return found


def _remember(parameter: str, text: str) -> None:
    seen, entry = _seen(), f"{parameter}={text}"
    if entry not in seen:
        seen.append(entry)
        del seen[:-_KEPT_LINKS]
