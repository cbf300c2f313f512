"""What Undo on the page "Points in the plane" takes back: a change that began anew, or a number that was set by hand."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from playground.spec import RunSpec
from playground.training.changes import WeightEdit
from playground.ui import plane_state

KEPT_MOMENTS = 50


@dataclass(frozen=True)
class Moment:
    """The page as it was before such a change.

    Attributes:
        number: what stood at the place that was set by hand; None of a change that began anew.
    """

    run: RunSpec
    run_id: str | None
    edits: tuple[tuple[str, tuple[int, ...], float], ...]
    number: WeightEdit | None = None


def now(number: WeightEdit | None = None) -> Moment:
    """The page as it is."""
    info = plane_state.shown_run()
    return Moment(plane_state.run_spec(), info.id if info else None, plane_state.viewing().edits, number)


def push(moment: Moment) -> None:
    """Keeps a moment; while a slider is pulled, only the one before it."""
    moments = _moments()
    is_pulled = moments and moment.number and (moments[-1].run_id, moments[-1].number) == (moment.run_id, moment.number)
    if not is_pulled:
        moments.append(moment)
        del moments[:-KEPT_MOMENTS]


def pop() -> Moment | None:
    """The last moment, which is not kept any longer; None when there is none to go back to."""
    moments = _moments()
    return moments.pop() if moments else None


def words() -> str | None:
    """What Undo would do now; None when there is nothing to take back."""
    moments = _moments()
    if not moments:
        return None
    number = moments[-1].number
    if number is None:
        return "Takes back the last change that began anew, with what the network had learned."
    return f"Puts the {'bias' if len(number.index) == 1 else 'weight'} that you set last back to {number.value:.4g}."


def has_same_weights(one: RunSpec, other: RunSpec) -> bool:
    """Whether nothing but how it is to be trained differs: then what was set by hand stays."""
    return one.network == other.network and one.seed == other.seed and one.dataset == other.dataset


def _moments() -> list[Moment]:
    """All but numbers of networks that are not on the screen any more, as after the browser's Back."""
    found: list[Moment] = st.session_state.setdefault("plane_moments", [])
    while found and found[-1].number is not None and not _is_shown(found[-1]):
        found.pop()
    return found


def _is_shown(moment: Moment) -> bool:
    begun = moment.run_id is None or plane_state.shown_run() is not None
    return begun and has_same_weights(moment.run, plane_state.run_spec())
