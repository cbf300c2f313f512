"""What the page "Points in the plane" keeps: a workbench of its own, and how one looks at it. All of it stands in the address.

A run of points that was chosen on any page is shown here; a run of images stays chosen, and this page begins without one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

import streamlit as st
from pydantic import Field, ValidationError

from playground import data
from playground.catalog.plane_presets import PLANE_PRESETS
from playground.data.points import PointsSource
from playground.edits import with_dataset
from playground.errors import PlaygroundError
from playground.jobs import RunInfo
from playground.links import essential, from_link, to_link
from playground.problems import WrongFields, problem_lines
from playground.spec import PointsSpec, RunSpec, Spec
from playground.training.changes import WeightEdit, changes_between
from playground.ui import address, lesson, session

# What can be left out of the page, for a lesson that is about the rest.
Part = Literal["presets", "steps", "rates", "task", "data", "losses", "view", "more"]
Brush = float | Literal["erase"] | None
T = TypeVar("T")


class Viewing(Spec):
    """How one looks at the plane, and what was done to the first weights: all of the page's state that is no run."""

    show_test: bool = False
    discrete: bool = False
    log_loss: bool = False
    speed: float = Field(0.0, ge=0.0, le=10_000.0)
    brush: Brush = 0.0
    edits: tuple[tuple[str, tuple[int, ...], float], ...] = Field((), max_length=200)
    hidden: tuple[Part, ...] = Field((), max_length=20)


def is_plane(run: RunSpec) -> bool:
    return isinstance(data.source(run.dataset), PointsSource)


def is_lesson_here() -> bool:
    """Whether a lesson about points in the plane is open."""
    opened = lesson.lesson()
    return opened is not None and is_plane(opened.run)


def points_of(run: RunSpec) -> PointsSpec:
    return run.dataset.points or PointsSpec()


def run_spec() -> RunSpec:
    """The run on this page's workbench: what Start would train."""
    linked, info = address.news(address.PLANE_PARAMETER, _read_run), run_info()
    if info is not None and info.id != st.session_state.get("plane_taken"):
        st.session_state["plane_taken"] = info.id
        _put(info.run)
    elif linked is not None and info is None:
        _put(linked)
    elif "plane_spec" not in st.session_state:
        st.session_state["plane_spec"] = _first_spec()
    spec: RunSpec = st.session_state["plane_spec"]
    return spec


def _first_spec() -> RunSpec:
    """What is on the workbench before anything was changed."""
    opened = lesson.lesson()
    return opened.run if opened and is_lesson_here() else PLANE_PRESETS[0].run


def set_run_spec(spec: RunSpec) -> None:
    address.forget_problem(address.PLANE_PARAMETER)
    st.session_state["plane_spec"] = spec


def _put(spec: RunSpec) -> None:
    st.session_state["plane_spec"] = spec
    renew_forms()


def _read_run(text: str) -> RunSpec:
    run = RunSpec.from_link(text)
    if not is_plane(run):
        raise PlaygroundError(
            "This link holds no points in the plane.", "A link of this page was expected.", "Open it on “Build & train”."
        )
    return run if run.dataset.points else with_dataset(run, points=PointsSpec())


def control_key(name: str, value: object) -> str:
    """The key of one of the page's own controls, which shows this value.

    It is another one as soon as the control would show something else: so what did not change stays in the browser, and a click
    that comes while the page is still being drawn meets the same control.
    """
    numbers: dict[str, int] = st.session_state.setdefault("plane_controls", {})
    number = numbers.setdefault(name, 0)
    if st.session_state.get(f"{name}.{number}", value) != value:
        numbers[name] = number = number + 1
    return f"{name}.{number}"


def on_choice(key: str, shown: T, take: Callable[[T], None]) -> Callable[[], None]:
    """What a control does when it is changed: `take` gets what was chosen.

    A control that was drawn before the whole run was replaced may tell once more what it showed then, when a click interrupts the
    page's drawing: nobody chose that.
    """

    def changed() -> None:
        if st.session_state[key] != shown:
            take(st.session_state[key])

    return changed


def form_revision() -> str:
    """Part of the keys of the whole forms, which hand back all that they show: so they must not show what is past."""
    return f"plane{st.session_state.get('plane_form_revision', 0)}"


def renew_forms() -> None:
    st.session_state["plane_form_revision"] = st.session_state.get("plane_form_revision", 0) + 1


# --- the run ----------------------------------------------------------------------------------------------------------


def run_info() -> RunInfo | None:
    """The chosen run when it is one of points; else the one that this page showed last."""
    info = session.run_info()
    if info is not None and is_plane(info.run):
        st.session_state["plane_run"] = info.id
        return info
    kept = st.session_state.get("plane_run")
    try:
        return session.service().info(kept) if kept else None
    except PlaygroundError:
        return None


def shown_run() -> RunInfo | None:
    """The run whose network is on the screen: it fits the workbench, or could take up what differs."""
    spec, info = run_spec(), run_info()
    if info is None or (info.run != spec and changes_between(info.run, spec) is None):
        return None
    return info


def set_run(run_id: str | None) -> None:
    """Shows another run, which is known to hold what is on the workbench; None for none."""
    st.session_state["plane_run"] = st.session_state["plane_taken"] = run_id
    info = session.run_info()
    if run_id is not None or (info is not None and is_plane(info.run)):
        session.set_run_id(run_id)


def is_mine(info: RunInfo | None) -> bool:
    return info is not None and info.owner == session.visitor()


# --- how one looks at it ----------------------------------------------------------------------------------------------


def viewing() -> Viewing:
    linked = address.news(address.PLANE_LOOK_PARAMETER, _read_viewing)
    if linked is not None:
        st.session_state["plane_viewing"] = linked
    found: Viewing = st.session_state.setdefault("plane_viewing", Viewing())
    return found


def set_viewing(**updates: object) -> None:
    address.forget_problem(address.PLANE_LOOK_PARAMETER)
    st.session_state["plane_viewing"] = viewing().model_copy(update=updates)


def edits() -> tuple[WeightEdit, ...]:
    """What was set by hand in a network that has not begun to learn."""
    return tuple(WeightEdit(name, index, value) for name, index, value in viewing().edits)


def set_edits(made: tuple[WeightEdit, ...]) -> None:
    last = {(edit.name, edit.index): edit for edit in made}
    set_viewing(edits=tuple((edit.name, edit.index, edit.value) for edit in last.values()))


def _read_viewing(text: str) -> Viewing:
    try:
        return Viewing.model_validate_json(from_link(text, "view"))
    except ValidationError as error:
        lines = problem_lines(error, Viewing)
        raise WrongFields(lines, "A link of this page was expected.", "Ask for the link again.") from None


def keep_address() -> None:
    """Has the address hold all of this page, also for a server that has forgotten the run."""
    spec = run_spec()
    is_first = run_info() is None and spec == _first_spec()
    address.keep_link(address.PLANE_PARAMETER, None if is_first else spec.to_link())
    found = essential(viewing())
    address.keep_link(address.PLANE_LOOK_PARAMETER, to_link(found) if found else None)
    address.send()


def arrive() -> None:
    """Comes before all else on the page. After the browser's Back or Forward it is as the address describes it."""
    is_new, has_link = address.wait_for_send(), address.PLANE_PARAMETER in st.query_params
    if not address.went_back():
        if is_new and not has_link:  # what this address shows is known to the session alone
            kept = tuple(st.session_state.get(name) for name in ("plane_spec", "plane_viewing", "plane_run"))
            st.session_state["plane_without_link"] = kept
        return
    kept_spec, kept_viewing, kept_run = (
        (None, None, None) if has_link else st.session_state.get("plane_without_link", (None,) * 3)
    )
    try:
        spec = _read_run(st.query_params[address.PLANE_PARAMETER]) if has_link else kept_spec or _first_spec()
        look = st.query_params.get(address.PLANE_LOOK_PARAMETER)
        seen = _read_viewing(look) if look else kept_viewing or Viewing()
    except PlaygroundError:
        return  # a broken link, which has been told
    named = session.run_info() if address.RUN_PARAMETER in st.query_params else None
    if named is None:
        set_run(kept_run)
    elif is_plane(named.run):
        set_run(named.id)
    st.session_state["plane_viewing"] = seen
    _put(spec)


def link_problems() -> list[str]:
    found = (address.link_problem(name) for name in (address.PLANE_PARAMETER, address.PLANE_LOOK_PARAMETER))
    return [problem for problem in found if problem]
