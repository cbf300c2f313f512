"""Does it know how good it is? The reliability diagram, before and after its temperature."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from playground import data
from playground.figures.reliability import reliability_figure, temperature_figure
from playground.figures.theme import alt_text
from playground.insight.calibration import Reliability, Scores, Temperature, binary_brier, chance_gap, reliability, scores
from playground.insight.exam import Answers, Exam
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


BINARY_HELP = {
    "Accuracy": HELP["Accuracy"],
    "Says yes with": "The probability of “{yes}” that it gives, on average.",
    "Yes in truth": "The share that is “{yes}”. Of an honest network, both are about the same.",
    "ECE": "Expected calibration error: how far the probability of “{yes}” and its share lie apart, averaged over the bins by "
    "how many they hold. 0 is perfect.",
    "Brier score": "The squared distance between the probability of “{yes}” and the truth (1 or 0), on average. 0 is perfect, 1 "
    "is the worst; always saying 50 % gives 0.25.",
    "NLL": HELP["NLL"],
}


def reliability_view(kept: Snapshot) -> None:
    """The diagram on the left, what it says in numbers on the right."""
    source = data.source(kept.run.dataset)
    yes = source.class_names[1] if source.task == "binary" else ""
    st.markdown(
        f"**Does it know how good it is?** Of all {noun(source)} to which it gives “{yes}” a probability of 80 %, 80 % should be "
        f"“{yes}”. Bars below the dashed line: “{yes}” is rarer than it says. Above: more frequent."
        if yes
        else f"**Does it know how good it is?** Of all {noun(source)} of which it is 80 % sure, it should get 80 % right. "
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
            help=f"The answers are sorted by {f'the probability of “{yes}”' if yes else 'their confidence'} into so many boxes "
            "of equal width.",
        )
    test = sat.test
    found = {value: _reliability(test, value, bins, bool(yes)) for value in _temperatures(sat)}
    measured = {value: _scores(test, value, bool(yes)) for value in found}
    _numbers(found[in_use], measured[in_use], yes)
    diagram, words = st.columns([3, 2])
    with diagram:
        shown = found[in_use]
        figure = reliability_figure(
            shown.edges, shown.counts, shown.accuracy, shown.confidence, dark=is_dark(), noun=noun(source), yes=yes
        )
        st.plotly_chart(figure, key="reliability", config=PLAIN, alt=alt_text(figure))
    with words:
        _verdict(measured[in_use], shown.error, chance_gap(test.confidences(in_use)))
        if yes:
            _leaning(shown, yes)
        _temperature_words(sat, found, measured, noun(source))
    _fit_figure(sat, noun(source), kept.run.training.loss.num_outputs(source.num_classes) == 1)
    st.caption(
        f"{len(test):,} test {noun(source, len(test) != 1)}, {kept.when}. ECE as in Guo et al. (2017), {bins} bins of equal "
        "width."
    )


def _temperatures(sat: Exam) -> list[float]:
    return [1.0] if sat.temperature is None else [1.0, sat.temperature.value]


def _reliability(test: Answers, temperature: float, bins: int, is_binary: bool) -> Reliability:
    """By confidence; of yes or no, by the probability of yes."""
    if is_binary:
        return reliability(test.probabilities(temperature)[:, 1], test.labels == 1, bins)
    return reliability(test.confidences(temperature), test.right, bins)


def _scores(test: Answers, temperature: float, is_binary: bool) -> Scores:
    """The Brier score of yes or no counts one probability, not both."""
    shares = test.probabilities(temperature)
    found = scores(shares, test.labels, test.predicted)
    return replace(found, brier=binary_brier(shares[:, 1], test.labels == 1)) if is_binary else found


def _numbers(found: Reliability, measured: Scores, yes: str) -> None:
    means = found.means if yes else (measured.confidence,)
    values = (
        f"{measured.accuracy:.2%}",
        *(f"{mean:.2%}" for mean in means),
        f"{found.error:.2%}",
        f"{measured.brier:.4f}",
        f"{measured.negative_log_likelihood:.4f}",
    )
    with st.container(horizontal=True):
        for (label, words), value in zip((BINARY_HELP if yes else HELP).items(), values, strict=True):
            st.metric(label, value.replace("%", " %"), help=words.format(yes=yes), width=150)


def _verdict(measured: Scores, error: float, by_chance: float) -> None:
    gap = measured.confidence - measured.accuracy
    if error < 0.01:
        words = f"**Honest.** What it says and what it does lie {error:.2%} apart on average."
    elif abs(gap) <= by_chance:
        words = (
            f"**No clear fault.** It says {measured.confidence:.1%} on average and gets {measured.accuracy:.1%} right: "
            f"with so few, up to {100 * by_chance:.1f} points apart is chance, even for an honest network."
        )
    elif gap > 0:
        words = f"**Too sure of itself.** It says {measured.confidence:.1%} on average, but gets {measured.accuracy:.1%} right."
    else:
        words = f"**Too modest.** It says {measured.confidence:.1%} on average, but gets {measured.accuracy:.1%} right."
    st.markdown(words.replace("%", " %").replace("  %", " %"))


def _leaning(found: Reliability, yes: str) -> None:
    """Whether it says yes too often or too seldom, on the whole."""
    said, truth = found.means
    side = "about as often as it is" if abs(said - truth) < 0.01 else "too seldom" if said < truth else "too often"
    st.markdown(f"On average it gives “{yes}” **{100 * said:.1f} %**; {100 * truth:.1f} % are: {side}.")


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
    st.caption("The accuracy does not change: dividing all outputs by one number leaves every answer what it was.")


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


def _fit_figure(sat: Exam, plural: str, is_single: bool) -> None:
    if sat.fit is None or sat.temperature is None:
        return
    outputs = f"The output for the validation {plural} is" if is_single else f"All outputs for the validation {plural} are"
    with st.expander("How the temperature was found", icon=":material/device_thermostat:"):
        st.markdown(
            f"{outputs} divided by T, then comes the {'sigmoid' if is_single else 'softmax'}. The NLL says how well the "
            "probabilities fit the truth; the T with the lowest one is taken."
        )
        temperatures, likelihoods = sat.fit
        middle = float(likelihoods[len(likelihoods) // 2])
        figure = temperature_figure(temperatures, likelihoods, sat.temperature.value, middle, dark=is_dark())
        st.plotly_chart(figure, key="temperature_fit", config=PLAIN, alt=alt_text(figure))
