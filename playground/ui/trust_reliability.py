"""Does it know how good it is? The reliability diagram, before and after its temperature."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from playground import data
from playground.figures.reliability import reliability_figure, temperature_figure
from playground.figures.theme import alt_text
from playground.insight.calibration import Reliability, Scores, Temperature, reliability, scores
from playground.insight.exam import Exam
from playground.ui.data_words import noun
from playground.ui.snapshots import Snapshot
from playground.ui.trust_exam import PLAIN, exam, is_dark, temperature

BINS = (10, 12, 15)
FEW_IMAGES = 200
NEAR_ONE = 1.05
HELP = {
    "Accuracy": "How many of 100 it gets right.",
    "Mean confidence": "How sure it says it is, on average. An honest network is as sure as it is accurate.",
    "ECE": "Expected calibration error: how far confidence and accuracy lie apart, averaged over the bins by how many they hold. "
    "0 is perfect.",
    "Brier score": "The squared distance between its probabilities and the truth (1 for the true class, 0 for the others). "
    "0 is perfect, 2 is the worst.",
    "NLL": "Negative log-likelihood: minus the logarithm of the probability that it gave to the truth, on average. "
    "Being sure and wrong costs most.",
}


def reliability_view(kept: Snapshot) -> None:
    """The diagram on the left, what it says in numbers on the right."""
    source = data.source(kept.run.dataset)
    st.markdown(
        f"**Does it know how good it is?** Of all {noun(source)} of which it is 80 % sure, it should get 80 % right. "
        "Bars below the dashed line: it is surer than it should be. Above: it is too modest."
    )
    sat = exam(kept)
    if sat is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        in_use = temperature(sat)
        bins: int = st.segmented_control(  # type: ignore[assignment]
            "Bins",
            BINS,
            default=15,
            required=True,
            key="trust_bins",
            persist_state="session",
            help="The answers are sorted by their confidence into so many boxes of equal width.",
        )
    test = sat.test
    found = {value: reliability(test.confidences(value), test.right, bins) for value in _temperatures(sat)}
    measured = {value: scores(test.probabilities(value), test.labels, test.predicted) for value in found}
    _numbers(found[in_use], measured[in_use])
    diagram, words = st.columns([3, 2])
    with diagram:
        shown = found[in_use]
        figure = reliability_figure(
            shown.edges, shown.counts, shown.accuracy, shown.confidence, dark=is_dark(), noun=noun(source)
        )
        st.plotly_chart(figure, key="reliability", config=PLAIN, alt=alt_text(figure))
    with words:
        _verdict(shown, measured[in_use])
        _temperature_words(sat, found, measured, noun(source))
    _fit_figure(sat, noun(source))
    st.caption(
        f"{len(test):,} test {noun(source, len(test) != 1)}, {kept.when}. ECE as in Guo et al. (2017), {bins} bins of equal "
        "width."
    )


def _temperatures(sat: Exam) -> list[float]:
    return [1.0] if sat.temperature is None else [1.0, sat.temperature.value]


def _numbers(found: Reliability, measured: Scores) -> None:
    values = (
        f"{measured.accuracy:.2%}",
        f"{measured.confidence:.2%}",
        f"{found.error:.2%}",
        f"{measured.brier:.4f}",
        f"{measured.negative_log_likelihood:.4f}",
    )
    with st.container(horizontal=True):
        for (label, words), value in zip(HELP.items(), values, strict=True):
            st.metric(label, value.replace("%", " %"), help=words, width=150)


def _verdict(found: Reliability, measured: Scores) -> None:
    gap = measured.confidence - measured.accuracy
    if found.error < 0.01:
        words = f"**Honest.** What it says and what it does lie {found.error:.2%} apart on average."
    elif gap > 0:
        words = f"**Too sure of itself.** It says {measured.confidence:.1%} on average, but gets {measured.accuracy:.1%} right."
    else:
        words = f"**Too modest.** It says {measured.confidence:.1%} on average, but gets {measured.accuracy:.1%} right."
    st.markdown(words.replace("%", " %").replace("  %", " %"))


def _temperature_words(sat: Exam, found: dict[float, Reliability], measured: dict[float, Scores], plural: str) -> None:
    st.markdown("##### Its temperature")
    fitted = sat.temperature
    if fitted is None:
        st.info(
            f"This run has no validation {plural}, so there is nothing to fit a temperature on: the test {plural} must not be "
            "used for choosing anything. Train a network with a validation share (under Data), and come back. All other numbers "
            "here hold.",
            icon=":material/info:",
        )
        return
    _fit_words(sat, fitted, plural)
    before, after = found[1.0], found[fitted.value]
    rows = [
        ("ECE", f"{before.error:.2%}", f"{after.error:.2%}"),
        ("Brier score", f"{measured[1.0].brier:.4f}", f"{measured[fitted.value].brier:.4f}"),
        ("NLL", f"{measured[1.0].negative_log_likelihood:.4f}", f"{measured[fitted.value].negative_log_likelihood:.4f}"),
        ("Accuracy", f"{measured[1.0].accuracy:.2%}", f"{measured[fitted.value].accuracy:.2%}"),
    ]
    table = pd.DataFrame(rows, columns=[f"On the test {plural}", "As it is", f"T = {fitted.value:.2f}"])
    st.dataframe(table, hide_index=True, key="temperature_table")
    if after.error > before.error:
        st.caption(
            f"On the test {plural} the ECE did not fall: the temperature was chosen for the smallest NLL on other {plural}, and "
            "a network that is honest already can hardly gain."
        )
    st.caption("The accuracy does not change: dividing all outputs by one number leaves the largest the largest.")


def _fit_words(sat: Exam, fitted: Temperature, plural: str) -> None:
    if fitted.at_edge:
        st.warning(
            f"No best temperature was found within the range: T = {fitted.value:.2f} is its end. It happens when every "
            "validation answer is right, or none better than by chance.",
            icon=":material/device_thermostat:",
        )
    meaning = "it was too sure, so its answers are cooled" if fitted.value > 1 else "it was too modest, so it may be surer"
    if 1 / NEAR_ONE < fitted.value < NEAR_ONE:
        meaning = "nearly 1, so it was about right as it is"
    st.markdown(
        f"**T = {fitted.value:.3f}**, fitted on its {fitted.images:,} **validation** {plural} (smallest NLL there), never on "
        f"the test {plural}: {meaning}."
    )
    if fitted.images < FEW_IMAGES:
        st.caption(f"Only {fitted.images:,} validation {plural}: another choice would give another temperature.")
    if not sat.raw:
        st.caption(
            "This loss reads the outputs as shares, not through a softmax; the temperature acts on the logarithms of these "
            "shares (a share of 0 counts as one in a million)."
        )


def _fit_figure(sat: Exam, plural: str) -> None:
    if sat.fit is None or sat.temperature is None:
        return
    with st.expander("How the temperature was found", icon=":material/device_thermostat:"):
        st.markdown(
            f"All outputs for the validation {plural} are divided by T, then comes the softmax. The NLL says how well the "
            "probabilities fit the truth; the T with the lowest one is taken."
        )
        temperatures, likelihoods = sat.fit
        middle = float(likelihoods[len(likelihoods) // 2])
        figure = temperature_figure(temperatures, likelihoods, sat.temperature.value, middle, dark=is_dark())
        st.plotly_chart(figure, key="temperature_fit", config=PLAIN, alt=alt_text(figure))
