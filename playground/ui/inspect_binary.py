"""Yes or no: the threshold slider, what it costs at this place, and both curves over all places."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from playground import data
from playground.data.sources import Source
from playground.figures.theme import CORRECT, VALIDATION, alt_text
from playground.figures.threshold_curves import precision_recall_figure, roc_figure
from playground.insight.evaluation import Evaluation
from playground.insight.thresholds import AtThreshold, ThresholdCurves, at_threshold, cheapest_threshold, threshold_curves
from playground.ui import tasks
from playground.ui.data_words import examples, noun
from playground.ui.inspect_numbers import percent
from playground.ui.looked_at import EVALUATION
from playground.ui.snapshots import Snapshot

PLAIN = {"displayModeBar": False}
THRESHOLD = "inspect_threshold"  # then the run: percent; the visitor's, kept while other views and splits are looked at
COST = "inspect_miss_cost"
_WIDGET = "inspect_threshold_slider"
_MOCK = "threshold_validation"
# How many false alarms a miss is worth.
COSTS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
CANDIDATES = np.arange(1, 1000) / 1000


def threshold_view(kept: Snapshot, evaluation: Evaluation) -> None:
    """The slider, the four counts there, and the two curves."""
    source = data.source(kept.run.dataset)
    no, yes = source.class_names
    st.markdown(
        f"**From which probability on is it a “yes”?** The network gives each {source.example} a probability of “{yes}”; the "
        "threshold turns it into an answer.  \n"
        f"Lower it, and fewer “{yes}” are missed, but more “{no}” are called “{yes}” (false alarms); raise it, and it is the "
        "other way round."
    )
    chances = evaluation.probabilities[:, 1]
    key = f"{THRESHOLD}.{kept.run_id}"
    _slider(yes, key)
    cost = _chooser(kept, source, evaluation, key)
    now = at_threshold(evaluation.labels, chances, st.session_state[key] / 100)
    counts, figures = st.columns([5, 4], vertical_alignment="center")
    with counts:
        st.html(_four_counts(now, no, yes))
        if cost is not None:
            alarms = now.false_positives + cost * now.false_negatives
            st.caption(
                f"{now.false_negatives:,} missed at {_alarms(cost)} each, and {_count(now.false_positives, 'false alarm')}: "
                f"together as bad as **{alarms:,.10g} false alarm{'' if alarms == 1 else 's'}**."
            )
    with figures:
        _figures(now, no, yes)
    _curves(threshold_curves(evaluation.labels, chances), now, source)


def _slider(yes: str, key: str) -> None:
    st.session_state.setdefault(key, 50.0)
    # The widget's own value is lost when another view is open; this one is not.
    st.session_state[_WIDGET] = st.session_state[key]
    st.slider(
        f"Say “{yes}” from this probability on",
        0.0,
        100.0,
        step=0.1,
        format="%.1f %%",
        key=_WIDGET,
        on_change=_take_slider,
        args=(key,),
        help=f"At 50 %, it says whichever is more likely. At 0 % everything is “{yes}”.",
    )


def _take_slider(key: str) -> None:
    st.session_state[key] = float(st.session_state[_WIDGET])


def _choose(found: float, key: str) -> None:
    st.session_state[key] = round(100 * found, 1)


def _chooser(kept: Snapshot, source: Source, evaluation: Evaluation, key: str) -> float | None:
    """The threshold with the smallest cost on the validation split: the honest way to choose one.

    Returns:
        How many false alarms a miss is worth; None while that cannot be chosen.
    """
    dataset = kept.run.dataset
    if dataset.validation_share == 0 and dataset.fold is None:
        st.info(
            f"This run has no validation {noun(source)}. A threshold that is chosen by looking at the test {noun(source)} will "
            "look better here than it is. With a validation share (under Data), it can be chosen fairly.",
            icon=":material/info:",
        )
        return None
    mock = evaluation if evaluation.split == "validation" else _validation(kept)
    if mock is None:
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state.setdefault(COST, 1.0)
        cost: float = st.selectbox(
            f"A missed “{source.class_names[1]}” is as bad as",
            COSTS,
            format_func=_alarms,
            key=COST,
            persist_state="session",
            width=230,
            help="What a mistake costs is not for the network to know: a missed illness is worse than a second look.",
        )
        found = cheapest_threshold(mock.labels, mock.probabilities[:, 1], cost, CANDIDATES)
        st.button(
            f"Choose it on the validation {noun(source)}",
            icon=":material/tune:",
            key="inspect_choose_threshold",
            on_click=_choose,
            args=(found, key),
            disabled=found is None,
            help="Takes the threshold with which misses and false alarms together cost least there.",
        )
    if found is None:
        return cost
    there = at_threshold(mock.labels, mock.probabilities[:, 1], found)
    where = (
        "You look at these now: **the right ones to choose a threshold on.**"
        if evaluation.split == "validation"
        else "Choose it there, and judge it here: **that is fair.**"
        if evaluation.split == "test"
        else "The training ones, which you look at now, were learned from: a threshold chosen here is too rosy."
    )
    st.caption(
        f"On its {examples(source, len(mock))} for validation, **{100 * found:.1f} %** costs least: "
        f"{there.false_negatives:,} missed, {_count(there.false_positives, 'false alarm')}. {where}"
    )
    return cost


def _validation(kept: Snapshot) -> Evaluation | None:
    """The answers on the validation split, asked for beside those that are shown."""
    question = (EVALUATION, kept.moment, "validation")
    answer = tasks.ask(
        _MOCK,
        question,
        "playground.insight.evaluation:evaluate",
        lambda: {
            "run_json": kept.run.to_json(),
            "weights": kept.weights.tensors,
            "split": "validation",
            "step": kept.weights.step,
        },
    )
    if answer.status == "waiting":
        tasks.progress(_MOCK, "Asking it about those for validation:")
    elif answer.status != "done":
        tasks.show_problem(answer, question)
    return answer.result if answer.status == "done" else None


def _alarms(cost: float) -> str:
    if cost < 1:
        return f"1/{round(1 / cost)} of a false alarm"
    return "1 false alarm" if cost == 1 else f"{cost:g} false alarms"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


_STYLE = f"""<style>
.four {{border-collapse: separate; border-spacing: 4px; width: 100%; max-width: 38rem; table-layout: fixed; font-size: 1rem}}
.four th {{font-weight: 600; padding: .3rem .4rem; text-align: left; overflow-wrap: anywhere}}
.four td {{padding: .5rem .7rem; border-radius: .4rem; vertical-align: top; border: 2px solid transparent}}
.four b {{display: block; font-size: 1.7rem; line-height: 1.2}}
.four .right {{background: {CORRECT}26; border-color: {CORRECT}}}
.four .wrong {{background: {VALIDATION}26; border-color: {VALIDATION}}}
</style>"""


def _four_counts(now: AtThreshold, no: str, yes: str) -> str:
    """The 2x2 table: true classes down, answers across."""
    no, yes = html.escape(no), html.escape(yes)

    def cell(count: int, kind: str, words: str) -> str:
        return f'<td class="{kind}"><b>{count:,}</b>{words}</td>'

    alarms = "✗ false alarm" if now.false_positives == 1 else "✗ false alarms"
    columns = f'<td></td><th scope="col">says “{yes}”</th><th scope="col">says “{no}”</th>'
    return (
        f'{_STYLE}<table class="four"><thead><tr>{columns}</tr></thead><tbody>'
        f'<tr><th scope="row">really “{yes}”</th>{cell(now.true_positives, "right", "✓ found")}'
        f"{cell(now.false_negatives, 'wrong', '✗ missed')}</tr>"
        f'<tr><th scope="row">really “{no}”</th>{cell(now.false_positives, "wrong", alarms)}'
        f"{cell(now.true_negatives, 'right', '✓ rightly let go')}</tr></tbody></table>"
    )


def _figures(now: AtThreshold, no: str, yes: str) -> None:
    """What follows from the four counts, at this threshold."""
    values = (
        ("Accuracy here", now.accuracy, "The share that is answered right at this threshold."),
        ("Precision here", now.precision, f"Of those called “{yes}”, the share that is. There is none when nothing is."),
        ("Recall here", now.recall, f"Of those that really are “{yes}”, the share that is found."),
        ("False-alarm rate", now.false_alarm_rate, f"Of those that really are “{no}”, the share that is called “{yes}”."),
        ("F1 here", now.f1, "Precision and recall in one number, nearer to the smaller one."),
    )
    with st.container(horizontal=True, key="threshold_numbers"):
        for label, value, words in values:
            st.metric(label, percent(value, 1), help=words, width=130)


def _curves(curves: ThresholdCurves, now: AtThreshold, source: Source) -> None:
    """ROC and precision-recall, as far as they exist."""
    if curves.missing:
        st.info(curves.missing, icon=":material/info:")
    dark, yes = st.context.theme.type == "dark", source.class_names[1]
    recall, false_alarms = curves.recall, curves.false_alarm_rate
    left, right = st.columns(2, vertical_alignment="bottom")
    if curves.auc is not None and recall is not None and false_alarms is not None:
        with left:
            st.markdown(
                f"**ROC curve · AUC {curves.auc:.4f}**  \nHow many it finds against false alarms, at every threshold. The "
                "further up and left, the better."
            )
            place = (now.false_alarm_rate or 0.0, now.recall or 0.0)
            figure = roc_figure(false_alarms, recall, curves.thresholds, curves.auc, place, now.threshold, yes, dark=dark)
            st.plotly_chart(figure, key="roc", config=PLAIN, alt=alt_text(figure))
    average = curves.average_precision
    if average is not None and recall is not None:
        with right:
            base = curves.positives / (curves.positives + curves.negatives)
            st.markdown(
                f"**Precision and recall · average precision {average:.4f}**  \nTells more than ROC when “{yes}” is rare: here "
                f"it is {percent(base, 1)} of the {noun(source)}."
            )
            chosen = (now.recall or 0.0, now.precision) if now.precision is not None else None
            figure = precision_recall_figure(
                recall, curves.precision, curves.thresholds, average, base, chosen, now.threshold, yes, dark=dark
            )
            st.plotly_chart(figure, key="precision_recall", config=PLAIN, alt=alt_text(figure))
