"""Trust in a predicted number: an interval around it that keeps what it promises, and where the network is further off."""

from __future__ import annotations

import numpy as np
import streamlit as st

from playground import data
from playground.catalog.schedules import ReduceOnPlateau
from playground.data.sources import Source
from playground.figures.intervals import band_figure, parts_figure, promise_figure
from playground.figures.theme import alt_text
from playground.insight.evaluation import RegressionEvaluation
from playground.insight.intervals import by_prediction, chance_range, half_width, inside
from playground.insight.networks import SplitName
from playground.ui import tasks
from playground.ui.data_words import examples, noun
from playground.ui.inspect_numbers import amount
from playground.ui.looked_at import EVALUATION
from playground.ui.snapshots import Snapshot
from playground.ui.trust_exam import PLAIN, is_dark

SLOT = "trust_interval.test"
LEVELS = (50, 80, 90, 95)
GRID = np.arange(1, 20) / 20
_LEVEL = "trust_level"


def interval_view(kept: Snapshot) -> None:
    """The promise, the interval that it makes, and whether the test examples keep it."""
    source = data.source(kept.run.dataset)
    st.markdown(
        f"**How far off may it be?** One number says nothing of how sure the network is. On {noun(source)} that it never learned "
        "from, its errors say: add and subtract so much, and the truth will lie between in so many of 100 cases."
    )
    answers = _answers(kept, source)
    if answers is None:
        return
    test, mock = answers
    level = _level()
    half = half_width(mock.errors, level)
    if half is None:
        st.info(
            f"{examples(source, len(mock))} for validation are too few to promise {100 * level:g} %: choose a smaller "
            "promise, or train with a larger validation share (under Data).",
            icon=":material/info:",
        )
        return
    held = int(inside(test.errors, half).sum())
    low, high = chance_range(level, len(mock), len(test))
    _numbers(source, level, half, held, (low, high), len(test))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        names = [f"{source.example} {index:,}" for index in test.indices]
        figure = band_figure(test.predictions, test.targets, names, half, dark=is_dark())
        st.plotly_chart(figure, key="interval_band", config=PLAIN, alt=alt_text(figure))
    with right:
        _verdict(source, level, held, (low, high), len(test))
        st.latex(r"\hat{y} \pm q, \qquad q = |r|_{(\lceil (n+1)\, p \rceil)}")
        st.caption(
            f"q is the ⌈(n + 1) · p⌉-th smallest of the n = {len(mock):,} errors |r| on its validation {noun(source)}; p is the "
            "promise. Split conformal prediction (Papadopoulos et al., 2002; Lei et al., 2018). It needs no bell curve, "
            f"only that new {noun(source)} come from where these came from."
        )
        _watched(kept, source)
    st.markdown("##### Any other promise")
    grid = [(step, width) for step in GRID.tolist() if (width := half_width(mock.errors, step)) is not None]
    shares = [float(inside(test.errors, width).mean()) for _, width in grid]
    figure = promise_figure([step for step, _ in grid], shares, (level, held / len(test)), dark=is_dark())
    st.plotly_chart(figure, key="interval_promise", config=PLAIN, alt=alt_text(figure))
    st.caption(
        f"{examples(source, len(test))} for testing, {kept.when}. Below the dashed line: its intervals are too narrow. "
        "Above: wider than they need be."
    )


def parts_view(kept: Snapshot) -> None:
    """How far off it is where it predicts little, and where it predicts much."""
    source = data.source(kept.run.dataset)
    st.markdown(
        f"**Is it as good everywhere?** The test {noun(source)} in groups of equal size, from the smallest predictions to the "
        "largest. A network that saw few large values is often further off there, and an interval of one width hides it."
    )
    answers = _answers(kept, source)
    if answers is None:
        return
    test, mock = answers
    level = _level()
    half = half_width(mock.errors, level)
    parts = by_prediction(test.predictions, test.errors, half if half is not None else float("inf"))
    overall = float(np.abs(test.errors).mean())
    figure = parts_figure([(part.low, part.high) for part in parts], [part.mae for part in parts], overall, dark=is_dark())
    st.plotly_chart(figure, key="interval_parts", config=PLAIN, alt=alt_text(figure))
    st.caption(f"Dashed: all {examples(source, len(test))}, off by {amount(overall)} on average. {kept.when.capitalize()}.")
    if len(parts) == 1:
        st.info(f"So few test {noun(source)} make one group only.", icon=":material/info:")
        return
    worst, best = max(parts, key=lambda part: part.mae), min(parts, key=lambda part: part.mae)
    st.markdown(
        f"Furthest off where it predicts **{amount(worst.low)} to {amount(worst.high)}**: by {amount(worst.mae)} on average. "
        f"Least, by {amount(best.mae)}, where it predicts {amount(best.low)} to {amount(best.high)}."
    )
    if half is not None:
        st.dataframe(
            {
                "Predicted": [f"{amount(part.low)} to {amount(part.high)}" for part in parts],
                noun(source).capitalize(): [part.examples for part in parts],
                "Off by": [amount(part.mae) for part in parts],
                "Inside": [f"{100 * part.held / part.examples:.0f} %" for part in parts],
            },
            hide_index=True,
            key="interval_parts_table",
        )
        st.caption(
            f"Inside ± {amount(half)}. Promised: {100 * level:g} %, on the whole. Of so few {noun(source)} in a group, one more "
            f"or less inside is {100 / worst.examples:.0f} %: only a group far from the others says something."
        )


def _level() -> float:
    chosen: int = st.segmented_control(  # type: ignore[assignment]
        "The truth shall lie inside in",
        LEVELS,
        default=90,
        required=True,
        format_func=lambda level: f"{level} of 100",
        key=_LEVEL,
        persist_state="session",
        help="The more you promise, the wider the interval must be.",
    )
    return chosen / 100


def _answers(kept: Snapshot, source: Source) -> tuple[RegressionEvaluation, RegressionEvaluation] | None:
    """On the test and the validation examples; None until they are there, or without the latter: the page has said so."""
    if kept.run.dataset.validation_share == 0 and kept.run.dataset.fold is None:
        plural = noun(source)
        st.info(
            f"This run has no validation {plural}, so there are no errors to learn the width from: the test {plural} must not be "
            "used for choosing anything. Train a network with a validation share (under Data), and come back.",
            icon=":material/info:",
        )
        return None
    test, mock = (_asked(kept, split) for split in ("test", "validation"))
    if test is None or mock is None:
        return None
    if not (np.isfinite(test.errors).all() and np.isfinite(mock.errors).all()):
        st.warning(
            "This network's answers are not numbers. Its weights grew beyond all bounds, most often from too high a learning "
            "rate. Train it again with a smaller one, or choose an earlier moment.",
            icon=":material/error:",
        )
        return None
    return test, mock


def _asked(kept: Snapshot, split: SplitName) -> RegressionEvaluation | None:
    """The question is that of Inspect, so each page knows what the other asked."""
    question, slot = (EVALUATION, kept.moment, split), f"trust_interval.{split}"
    answer = tasks.ask(
        slot,
        question,
        "playground.insight.evaluation:evaluate",
        lambda: {"run_json": kept.run.to_json(), "weights": kept.weights.tensors, "split": split, "step": kept.weights.step},
    )
    if answer.status == "waiting":
        tasks.progress(slot, "Asking the network:")
        return None
    if answer.status != "done":
        tasks.show_problem(answer, question)
        return None
    found: RegressionEvaluation = answer.result
    return found


def _numbers(source: Source, level: float, half: float, held: int, chance: tuple[int, int], total: int) -> None:
    values = (
        ("Interval", f"± {amount(half)}", f"So far to each side of what it says, in the unit of “{source.target_name}”."),
        ("Promised", f"{100 * level:g} %", "The share of new ones of which the truth shall lie inside."),
        ("Inside", f"{100 * held / total:.1f} %", f"The share of test {noun(source)} of which it does: {held:,} of {total:,}."),
        (
            "By chance alone",
            f"{100 * chance[0] / total:.0f}–{100 * chance[1] / total:.0f} %",
            f"Where the share inside lies 95 times of 100, were other validation and test {noun(source)} drawn by lot "
            "(beta-binomial distribution; Vovk, 2012).",
        ),
    )
    with st.container(horizontal=True):
        for label, value, words in values:
            st.metric(label, value, help=words, width=170)


def _verdict(source: Source, level: float, held: int, chance: tuple[int, int], total: int) -> None:
    low, high = chance
    if held < low:
        words = "**Too narrow.** Fewer lie inside than chance explains: these are harder than those for validation."
    elif held > high:
        words = "**Wider than needed.** More lie inside than chance explains: these are easier than those for validation."
    else:
        words = f"**The promise holds**: {low:,} to {high:,} could be had by chance."
    st.markdown(f"{held:,} of {examples(source, total)} lie inside, {100 * held / total:.1f} %. {words}")


def _watched(kept: Snapshot, source: Source) -> None:
    training = kept.run.training
    if training.regularisation.early_stopping is not None or isinstance(training.schedule, ReduceOnPlateau):
        st.caption(
            f"This training watched its validation {noun(source)} to decide when to stop or slow down, so its errors on them are "
            "a little too rosy, and the interval may be a little too narrow."
        )
