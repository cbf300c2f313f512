"""Is the difference real? The form for it, and what comes out."""

from __future__ import annotations

import html
from functools import partial

import streamlit as st

from playground.differences import differences, in_words
from playground.figures.bands import Spread, bands_figure, difference_figure
from playground.figures.score import ScoreScale
from playground.spec import RunSpec
from playground.studies.plans import SeedComparison
from playground.studies.results import comparison, pairs
from playground.studies.state import StudyState, Trial, epochs_of
from playground.studies.statistics import Verdict
from playground.ui import session
from playground.ui.data_words import same_question
from playground.ui.datasets import effective
from playground.ui.experiment_start import (
    WORKBENCH,
    Candidate,
    attempt,
    candidates,
    choose_candidate,
    estimate,
    quicker,
    seconds_of,
    start_button,
)
from playground.ui.experiment_words import TABLE_STYLE, points, status_words, told
from playground.ui.figure_view import figure_view

MORE_SEEDS = 5
_FIRST, _SECOND, _LINKED = "experiment_a", "experiment_b", "experiment_linked"
_SPREADS: dict[Spread, str] = {"range": "least to greatest", "deviation": "± 1 standard deviation"}


def seeds_form() -> None:
    """Chooses A, B and the number of seeds."""
    known = candidates()
    _take_link(known)
    first, second = st.columns(2)
    with first:
        a = choose_candidate("A", known, _FIRST, _newest(known), "The settings to compare with, such as a run that you know.")
    with second:
        b = choose_candidate("B", known, _SECOND, _other(known, a), "The settings that may be better.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seeds = st.slider(
            "Seeds",
            3,
            20,
            5,
            key="experiment_seeds",
            width=260,
            persist_state="session",
            help="A seed fixes all random draws: first weights, order of the data, dropout. A and B are trained once with "
            "each. More seeds make a finer answer.",
        )
        shorten = quicker()
    run_a, run_b = shorten(a.run), shorten(b.run)
    found = differences(_without_seed(run_a), _without_seed(run_b))
    why_not = ""
    if found:
        st.markdown(f":material/difference: {in_words(_without_seed(run_a), _without_seed(run_b), limit=6)}")
        if len(found) > 1:
            st.caption("With more than one difference, nobody can tell afterwards which of them it was.")
    else:
        why_not = "A and B are the same. Choose two that differ, or change one thing on Build & train."
    if not same_question(run_a, run_b):
        why_not = "A and B learn from different data sets, so their scores cannot be compared. Choose two of one data set."
    seconds = seconds_of(a, run_a), seconds_of(b, run_b)
    total = None if seconds[0] is None or seconds[1] is None else seeds * (seconds[0] + seconds[1])
    st.caption(estimate(2 * seeds, total))
    plan = partial(SeedComparison, first=run_a, second=run_b, seeds=tuple(range(1, seeds + 1)))
    start_button(plan, (run_a, run_b), why_not)


def _take_link(known: dict[str, Candidate]) -> None:
    """The address chooses A and B once; afterwards the lists do."""
    linked = (st.query_params.get("a"), st.query_params.get("b"))
    if st.session_state.get(_LINKED) == linked:
        return
    st.session_state[_LINKED] = linked
    for key, chosen in zip((_FIRST, _SECOND), linked, strict=True):
        if chosen in known:
            st.session_state[key] = chosen


def _newest(known: dict[str, Candidate]) -> str:
    """The newest run, on the workbench's data if there is one."""
    runs = [key for key in known if key != WORKBENCH]
    bench = effective(known[WORKBENCH].run)
    alike = [key for key in runs if same_question(effective(known[key].run), bench)]
    return next(iter(alike + runs), WORKBENCH)


def _other(known: dict[str, Candidate], a: Candidate) -> str:
    """The newest other settings, on the same data if there are any."""
    others = [key for key, other in known.items() if _without_seed(other.run) != _without_seed(a.run)]
    alike = [key for key in others if same_question(effective(known[key].run), effective(a.run))]
    return next(iter(alike + others), WORKBENCH)


def _without_seed(run: RunSpec) -> RunSpec:
    return run.model_copy(update={"seed": 0})


def seeds_result(state: StudyState) -> None:
    """The verdict, the bands, the differences and the table of pairs, as far as they are known."""
    assert isinstance(state.plan, SeedComparison)
    verdict, scale = comparison(state), state.score
    _verdict(state, verdict)
    sides = {which: [trial for trial in state.trials if trial.values["which"] == which] for which in "AB"}
    curves = {which: [trial.curve for trial in trials] for which, trials in sides.items()}
    both = pairs(state)
    bands, right = st.columns([5, 4])
    with bands:
        st.markdown(f"**Validation {scale.name}** after each epoch: each seed faintly, the means strongly")
        spread = _spread()
        figure_view(
            lambda: bands_figure(
                curves["A"],
                curves["B"],
                spread=spread,
                epochs=(epochs_of(sides["A"]), epochs_of(sides["B"])),
                score=scale.name,
            ),
            key="bands",
            revision=(state.id, spread, tuple(curves["A"]), tuple(curves["B"])),
            zoom_key=state.id,
        )
    with right:
        st.markdown("**How much better B is**, seed by seed")
        figure_view(
            lambda: difference_figure(
                [scale.factor * (b - a) for _, a, b in both],
                verdict.low if verdict else None,
                verdict.high if verdict else None,
                seeds=[seed for seed, _, _ in both],
                score=scale.name,
            ),
            key="differences",
            revision=(state.id, tuple(both)),
        )
        with st.container(height=230, border=False, key="experiment_numbers"):
            _numbers(verdict, scale)
    st.html(_table(state))


def seeds_afterwards(state: StudyState) -> None:
    """What to do with the answer; below what moves."""
    plan = state.plan
    assert isinstance(plan, SeedComparison)
    with st.container(border=True):
        st.markdown(
            "**What would change our mind?** More seeds: with four times as many, the interval is about half as wide. "
            "Decide on their number before you look: whoever adds seeds until the answer pleases finds one in the end, by luck."
        )
        count = len(plan.seeds) + MORE_SEEDS
        st.button(
            f"Go on to {count} seeds",
            icon=":material/exposure_plus_1:",
            key="experiment_more",
            on_click=attempt,
            args=(partial(_more, state),),
            disabled=state.is_active,
            help="Five seeds more, for a narrower interval. Decide on the number before you look: who goes on until it looks "
            "real will find that luck looks real, too.",
        )


def _more(state: StudyState) -> None:
    assert isinstance(state.plan, SeedComparison)
    start = max(state.plan.seeds) + 1
    session.studies().extend(state.id, tuple(range(start, start + MORE_SEEDS)))


def _verdict(state: StudyState, verdict: Verdict | None) -> None:
    plan = state.plan
    assert isinstance(plan, SeedComparison)
    if verdict is None:
        words = "The answer comes with the first pair." if state.is_active else "There is no answer: no pair was finished."
    elif state.is_active:
        words = f"So far ({verdict.n} of {len(plan.seeds)} seeds): {verdict.words}"
    else:
        words = verdict.words
    with st.container(key="experiment_verdict"):
        st.markdown(f"### {words}")
        changed = in_words(_without_seed(plan.first), _without_seed(plan.second), limit=4)
        st.caption(f"From A to B: {changed} {' '.join(plan.notes())}")


def _spread() -> Spread:
    spread: Spread = st.segmented_control(  # type: ignore[assignment]
        "Band",
        list(_SPREADS),
        default="range",
        required=True,
        format_func=lambda spread: _SPREADS[spread],
        key="experiment_spread",
        label_visibility="collapsed",
        persist_state="session",
        help="What the coloured bands show.",
    )
    return spread


def _numbers(verdict: Verdict | None, scale: ScoreScale) -> None:
    if verdict is None:
        st.caption("The interval and the test come with the second pair.")
        return
    st.markdown(
        f"Mean of A **{told(scale, verdict.mean_a / scale.factor)}**, of B **{told(scale, verdict.mean_b / scale.factor)}**. "
        f"B won **{verdict.wins}** times, A **{verdict.losses}** times."
    )
    if verdict.low is not None and verdict.high is not None:
        st.markdown(
            f"95 % interval **{points(verdict.low, scale.digits)} to {points(verdict.high, scale.digits)}{scale.points}**: in 95 "
            "of 100 such experiments, an interval made like this one holds the true difference."
        )
    if verdict.p_value is not None:
        st.markdown(
            f"p = **{verdict.p_value:.2g}** (paired t-test): were A and B really equally good, luck alone would give a "
            f"difference this large in {_chance(verdict.p_value)} such experiments."
        )
    if verdict.rank_p_value is not None:
        st.caption(f"Wilcoxon's test, which looks at the ranks only, gives p = {verdict.rank_p_value:.2g}.")


def _chance(p_value: float) -> str:
    if p_value >= 0.01:
        return f"about {100 * p_value:.0f} of 100"
    return f"about {1000 * p_value:.0f} of 1,000" if p_value >= 0.001 else "fewer than 1 of 1,000"


def _table(state: StudyState) -> str:
    """One row a seed: A, B, and the difference when both are known."""
    plan = state.plan
    assert isinstance(plan, SeedComparison)
    scale = state.score
    trials = {(trial.values["which"], trial.values["seed"]): trial for trial in state.trials}
    rows = []
    for seed in plan.seeds:
        a, b = trials.get(("A", seed)), trials.get(("B", seed))
        difference = "–"
        if a and b and a.score is not None and b.score is not None:
            difference = points(scale.factor * (b.score - a.score), scale.digits)
        rows.append(f"<tr><td>{seed}</td><td>{_cell(a, scale)}</td><td>{_cell(b, scale)}</td><td><b>{difference}</b></td></tr>")
    heads = f"<tr><th>Seed</th><th>A</th><th>B</th><th>B − A{', points' if scale.points else ''}</th></tr>"
    return f'{TABLE_STYLE}<table class="experiment-table">{heads}{"".join(rows)}</table>'


def _cell(trial: Trial | None, scale: ScoreScale) -> str:
    if trial is None:
        return "–"
    if trial.score is not None:
        return f"<b>{told(scale, trial.score)}</b>"
    now = f" {told(scale, trial.curve[-1])}" if trial.curve else ""
    return f'<span title="{html.escape(trial.reason, quote=True)}">{status_words(trial.status)}{now}</span>'
