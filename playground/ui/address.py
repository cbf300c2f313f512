"""What stands in the page's address: the run that is shown, the workbench where it differs from it, and the lesson.

So a reload, another page, or a copy of the address in another browser finds all of it again. What was read from the address
is kept in the session, because a page may be opened without its query.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from playground import data
from playground.errors import PlaygroundError
from playground.spec import RunSpec

RUN_PARAMETER = "run"
SPEC_PARAMETER = "spec"
LESSON_PARAMETER = "lesson"
PLANE_PARAMETER = "plane"
PLANE_LOOK_PARAMETER = "look"
_KEPT_LINKS = 200
_LATE_SECONDS = 20.0  # for which an address that was changed may still be on its way from a busy browser

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
    keep(parameter, text)
    if text:
        _remember(parameter, text)


def named(parameter: str) -> str | None:
    """What the address holds under this name.

    A browser may send an address once more that was changed meanwhile. So what a page replaced a moment ago is not in it, but
    where the visitor went there: by a link, or by the browser's Back.
    """
    held, sent = _held(), st.query_params.get(parameter)
    left = held.left.get((parameter, sent))
    is_late = parameter in held.unsent or (left is not None and time.monotonic() - left < _LATE_SECONDS)
    return held.wanted.get(parameter) if is_late else sent


def keep(parameter: str, text: str | None) -> None:
    """Has the address hold this; None takes the name away."""
    held, before = _held(), named(parameter)
    if before != text:
        held.left[parameter, before] = time.monotonic()
        held.left.pop((parameter, text), None)
        held.wanted[parameter] = text
        held.unsent.add(parameter)
    if not held.waits:
        send()


def wait_for_send() -> bool:
    """From now on this page sends its changes by `send`, many as one. Returns whether the visitor has just come to it."""
    held = _held()
    is_new, held.waits = not held.waits, True
    return is_new


def send() -> None:
    """Has the browser show what the page keeps. What is sent together is one entry of the browser's history."""
    held, sent = _held(), st.query_params.to_dict()
    wanted = {name: text for name in (*sent, *held.wanted) if (text := named(name)) is not None}
    if wanted != sent:
        st.query_params.from_dict(wanted)
    held.unsent.clear()


def went_back() -> bool:
    """Whether the visitor went to this address by the browser's Back or Forward: then all of it is meant."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def link(**parameters: str | None) -> str:
    """An address of the front page with these parameters, in any browser that reaches this server."""
    query = "&".join(f"{name}={value}" for name, value in parameters.items() if value)
    return f"{server()}/?{query}"


def server() -> str:
    """The front page's address without a query, as this visitor's browser knows it."""
    return str(st.context.url or "").split("?")[0].rstrip("/")


@dataclass
class _Held:
    """What one page keeps in its address.

    Attributes:
        page: Streamlit's name of the page.
        wanted: what it put there last under each name; None where it took the name away.
        left: when it ceased to hold something, in seconds of the monotonic clock.
        unsent: the names whose text is not sent yet.
        waits: whether changes wait for `send`.
        came_back_to: the address that the visitor went to by Back or Forward, until something else happens.
    """

    page: str
    wanted: dict[str, str | None] = field(default_factory=dict)
    left: dict[tuple[str, str | None], float] = field(default_factory=dict)
    unsent: set[str] = field(default_factory=set)
    waits: bool = False
    came_back_to: str | None = None


def _held() -> _Held:
    context = get_script_run_ctx()
    page = context.page_script_hash if context else ""
    found: _Held | None = st.session_state.get("held_address")
    if found is None or found.page != page:
        st.session_state["held_address"] = found = _Held(page)
    came_back_to = context.query_string if context and went_back() else None
    if came_back_to is not None:
        found.left.clear()
        if came_back_to != found.came_back_to:  # what was not sent by then belongs to a page that was left while being drawn
            found.unsent.clear()
    found.came_back_to = came_back_to
    return found


def _seen() -> list[str]:
    found: list[str] = st.session_state.setdefault("seen_links", [])
    return found


def _remember(parameter: str, text: str) -> None:
    seen, entry = _seen(), f"{parameter}={text}"
    if entry not in seen:
        seen.append(entry)
        del seen[:-_KEPT_LINKS]
