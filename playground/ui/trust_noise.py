"""How much noise on its inputs a network bears: tables and points."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.data.sources import Source
from playground.figures.noise import noise_figure
from playground.figures.theme import alt_text
from playground.insight.noisy_inputs import DRAWS, NoisyInputs
from playground.ui import tasks
from playground.ui.data_words import examples, noun
from playground.ui.inspect_numbers import amount
from playground.ui.snapshots import Snapshot
from playground.ui.trust_exam import PLAIN, is_dark

SLOT = "trust_noise"


def noise_view(kept: Snapshot) -> None:
    """One curve: how the answers get worse while the inputs become less exact."""
    source = data.source(kept.run.dataset)
    watch = " Watch the dotted line: does it notice, or does it stay just as sure?" if source.num_classes else ""
    st.markdown(
        f"**What if the {'inputs' if source.example == 'point' else 'measurements'} are not exact?** The same test "
        f"{noun(source)}, with noise on every column.{watch}"
    )
    question = (SLOT, kept.moment)
    answer = tasks.ask(
        SLOT,
        question,
        "playground.insight.noisy_inputs:noisy_inputs",
        lambda: {"run_json": kept.run.to_json(), "weights": kept.weights.tensors},
    )
    if answer.status == "waiting":
        tasks.progress(SLOT, "Asking the network:")
        return
    if answer.status != "done":
        tasks.show_problem(answer, question)
        return
    found: NoisyInputs = answer.result
    figure = noise_figure(found.strengths, found.right, found.confidence, found.plain, dark=is_dark())
    st.plotly_chart(figure, key="noisy_inputs", config=PLAIN, alt=alt_text(figure))
    st.markdown(_verdict(source, found))
    st.caption(
        f"{examples(source, found.examples)} for testing, {DRAWS} draws of noise each, the same ones every time, {kept.when}. "
        "Noise 1: normal noise as wide as the column itself (its standard deviation in the training "
        f"{noun(source)}), on each column apart."
    )


def _verdict(source: Source, found: NoisyInputs) -> str:
    """Where the noise makes it no better than one who always answers alike."""
    if found.confidence is None:
        start = f"Without noise it is off by **{amount(found.right[0])}** on average; always saying the mean, by "
        start += f"{amount(found.plain)}."
        lost = found.right >= found.plain
    else:
        common = "always saying the commonest class"
        start = f"Without noise it tells **{100 * found.right[0]:.1f} %** right; {common}, {100 * found.plain:.1f} %."
        lost = found.right <= found.plain
    if lost[0]:
        return f"{start} So it has nothing to lose yet."
    if lost.any():
        return f"{start} At noise **{found.strengths[lost.argmax()]:g}**, it is no better than that."
    return f"{start} Even at noise {found.strengths[-1]:g} it is better than that."
