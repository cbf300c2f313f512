"""The advisor's line below the curves: what it says, why, and the button that mends it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import streamlit as st

from playground.advisor import Advice, Keeper, advise, case_of
from playground.differences import differences
from playground.errors import PlaygroundError
from playground.findings import Mend
from playground.jobs import RunInfo
from playground.spec import RunSpec
from playground.training.changes import changes_between
from playground.ui import lesson, next_run, session
from playground.ui.datasets import effective

EVERY_SECONDS = 2.0
LEAST_SECONDS = 1.0  # between two times that the rules are asked
# Once it has spoken, what is below stays where it is, whatever it says next; on a wide screen the buttons stand beside the words.
_STYLE = """<style>
.st-key-advisor { min-height: 5rem; }
.st-key-advice [data-testid="stAlertContainer"] p { font-size: 0.875rem; }
.st-key-advisor [data-testid="stAlertContainer"] { padding: 0.5rem 0.75rem; }
@media (min-width: 900px) {
  .st-key-advice { flex-wrap: nowrap !important; }
  .st-key-advice > :first-child { flex: 1 1 0 !important; min-width: 0 !important; }
  .st-key-advice > :not(:first-child) { flex: none !important; }
}
</style>"""
_SILENT = "What the advisor had to say is settled."


@dataclass
class _Heard:
    """The advice on the shown run, as of a moment."""

    run_id: str
    keeper: Keeper = field(default_factory=Keeper)
    moment: object = None
    at: float = 0.0
    advice: tuple[Advice, ...] = ()
    has_spoken: bool = False


def advisor(info: RunInfo | None) -> None:
    """Speaks about the shown run, while it trains and afterwards."""
    every = EVERY_SECONDS if info is not None and info.status in ("waiting", "running") else None
    st.fragment(_tick, run_every=every)(info)


def _tick(info: RunInfo | None) -> None:
    if st.session_state.pop("advice_taken", False):
        st.rerun()  # the click ran this fragment alone, and the whole page has to know of the mend
    if info is None:
        return
    try:
        advice = heard(info)
    except PlaygroundError:  # forgotten by the server in the meantime: the page will say so
        return
    if not st.session_state["heard"].has_spoken:
        return  # no room is taken from a run that goes well
    with st.container(key="advisor", gap="small"):
        st.html(_STYLE)
        if not advice:
            st.caption(f":material/lightbulb: {_SILENT}")
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="advice"):
            _say(advice[0])
            with st.popover("Why?", icon=":material/help:"):
                _explain(info, advice[0])
                if _live(info, advice[0]):
                    _mend_button(info, advice[0])
            _button(info, advice[0])
            if len(advice) > 1:
                with st.popover(f"{len(advice) - 1} more"):
                    for each in advice[1:]:
                        _say(each)
                        _explain(info, each)
                        _button(info, each)


def offered(info: RunInfo | None) -> tuple[RunSpec, ...]:
    """The mended runs that stand behind its buttons."""
    kept: _Heard | None = st.session_state.get("heard")
    if info is None or kept is None or kept.run_id != info.id:
        return ()
    return tuple(advice.mend.run for advice in kept.advice if _offered(info, advice.mend) and advice.mend)


def heard(info: RunInfo) -> tuple[Advice, ...]:
    """What there is to say now; the rules are asked when something happened, at most once a second."""
    history = session.history(info.id)
    kept: _Heard | None = st.session_state.get("heard")
    if kept is None or kept.run_id != info.id:
        kept = _Heard(info.id)
        st.session_state["heard"] = kept
    moment = (history.revision, history.status, info.run)
    now = time.monotonic()
    if kept.moment != moment and (not history.is_active or now - kept.at >= LEAST_SECONDS):
        found = advise(case_of(info.run, history))
        kept.advice = kept.keeper.update(found, history.step, not history.is_active)
        kept.has_spoken = kept.has_spoken or bool(kept.advice)
        kept.moment, kept.at = moment, now
    return kept.advice


def _say(advice: Advice) -> None:
    text = f"**{advice.title}** {advice.evidence}"
    if advice.severity == "problem":
        st.warning(text, icon=":material/warning:")
    elif advice.severity == "tip":
        st.info(text, icon=":material/lightbulb:")
    else:
        st.markdown(f":green[:material/check_circle:] {text}")


def _explain(info: RunInfo, advice: Advice) -> None:
    st.write(advice.why)
    mend = _offered(info, advice.mend)
    if mend:
        st.write(f"**{mend.label}**: {_changes(info, mend)}.")
        st.caption(
            "Runs like this one ended better with it when this was tested. Try it: the old curve stays behind the new one."
        )


def _button(info: RunInfo, advice: Advice) -> None:
    """What mends it: at once, where the network that is training can take it up; else in a new run."""
    live = _live(info, advice)
    if live is None:
        _mend_button(info, advice)
        return
    st.button(
        f"{live.label} now",
        icon=":material/bolt:",
        key=f"advice-now.{advice.name}",
        on_click=_use_now,
        args=(info, live.run),
        help=f"The network that is training goes on with {_changes(info, live)}.",
    )


def _mend_button(info: RunInfo, advice: Advice) -> None:
    mend = _offered(info, advice.mend)
    if mend is None:
        return
    there = effective(session.run_spec()) == mend.run
    label = "Try it in a new run" if _live(info, advice) else mend.label
    st.button(
        "On the workbench" if there else label,
        icon=":material/check:" if there else ":material/build:",
        key=f"advice-mend.{advice.name}",
        on_click=_begin,
        args=(info.id, mend.run),
        disabled=there,
        help=f"Puts this run on the workbench with {_changes(info, mend)}. Then press Train.",
    )


def _changes(info: RunInfo, mend: Mend) -> str:
    return "; ".join(differences(info.run, mend.run))


def _live(info: RunInfo, advice: Advice) -> Mend | None:
    """The mend that the running network can take up, of a run of one's own."""
    mine = info.is_active and info.owner == session.visitor()
    live = _offered(info, advice.live) if mine else None
    return live if live and changes_between(info.run, live.run) else None


def _offered(info: RunInfo, mend: Mend | None) -> Mend | None:
    """The mend, unless it changes what a lesson locks."""
    if mend is None or not differences(info.run, mend.run) or effective(lesson.with_locks(mend.run)) != mend.run:
        return None
    return mend


def _begin(run_id: str, mended: RunSpec) -> None:
    """As for any fair experiment, but with the one thing changed already."""
    session.replace_run_spec(mended)
    next_run.compare_with(run_id)
    st.session_state["advice_taken"] = True


def _use_now(info: RunInfo, mended: RunSpec) -> None:
    changes = changes_between(info.run, mended)
    st.session_state["advice_taken"] = True
    try:
        lesson.require_allowed(mended)
        if changes:
            session.service().change(info.id, changes)
            session.replace_run_spec(mended)
    except PlaygroundError as problem:
        st.session_state["control_problem"] = str(problem)
