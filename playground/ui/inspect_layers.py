"""What the network looks like inside: its first filters, and how weights and activations are spread."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st

from playground import data
from playground.figures.filter_images import colour_limit, filter_pictures
from playground.figures.histograms import Histogram, histogram_figure
from playground.figures.theme import alt_text
from playground.insight.activation_histograms import IMAGES, ActivationHistogram
from playground.insight.filters import first_filters
from playground.insight.networks import SplitName
from playground.insight.weight_histograms import WeightHistogram
from playground.ui import tasks
from playground.ui.data_words import noun
from playground.ui.snapshots import Snapshot

FILTERS = 64
_PLAIN = {"displayModeBar": False}


def filters_view(kept: Snapshot) -> None:
    """The weights of the first layer, as pictures."""
    filters = first_filters(kept.run, kept.weights.tensors, data.source(kept.run.dataset).input_shape)
    if filters is None:
        st.info("This network has no first layer whose weights make a picture.", icon=":material/image_not_supported:")
        return
    limit = colour_limit(filters.images)
    unit = "kernel" if filters.kind == "kernels" else "neuron"
    what = (
        "Each square is a small pattern that the layer slides over the image"
        if unit == "kernel"
        else "Each square holds one neuron's weights, each where its pixel is"
    )
    st.markdown(
        f"**{filters.title}**: {len(filters.images):,} {unit}s. {what}. "
        f"Blue: ink here speaks **for** the {unit}; orange: **against** it; white: it does not care."
    )
    count = len(filters.images)
    everything = count <= FILTERS or st.toggle(f"Show all {count:,}", key="all_filters", help=f"Otherwise the first {FILTERS}.")
    st.html(filter_pictures(filters.images[: count if everything else FILTERS], unit, limit))
    st.caption(f"The darkest colours stand for a weight of ±{limit:.2g} or beyond. Weights {kept.when}.")


def histograms_view(kept: Snapshot, split: SplitName) -> None:
    """Weights now and at the start, and activations, layer by layer."""
    what = st.segmented_control(
        "Histograms of",
        ["Weights", "Activations"],
        default="Weights",
        required=True,
        key="histogram_kind",
        persist_state="session",
        label_visibility="collapsed",
    )
    slot = str(what).lower()
    run_json = kept.run.to_json()
    question: Hashable
    if slot == "weights":
        question = (slot, kept.moment)
        answer = tasks.ask(
            slot,
            question,
            "playground.insight.weight_histograms:weight_histograms",
            lambda: {"run_json": run_json, "weights": kept.weights.tensors},
        )
    else:
        question = (slot, kept.moment, split)
        answer = tasks.ask(
            slot,
            question,
            "playground.insight.activation_histograms:activation_histograms",
            lambda: {"run_json": run_json, "weights": kept.weights.tensors, "split": split},
        )
    if answer.status == "waiting":
        tasks.progress(slot, "")
    elif answer.status != "done":
        tasks.show_problem(answer, question)
    elif slot == "weights":
        _weights(answer.result, kept)
    else:
        _activations(answer.result, kept, split)


def _weights(histograms: Sequence[WeightHistogram], kept: Snapshot) -> None:
    if not histograms:
        st.info("This network has no weights.", icon=":material/bar_chart_off:")
        return
    st.markdown(
        "How large the weights of each layer are: **now**, and **at the start**, when they were drawn by chance. "
        "Where the two lie on each other, the layer has hardly learned."
    )
    for place, histogram in zip(_grid(len(histograms)), histograms, strict=True):
        with place:
            st.markdown(f"**{histogram.layer + 1}. {histogram.title}** · {histogram.num_weights:,} weights")
            figure = histogram_figure(
                [
                    Histogram("now", histogram.now, histogram.edges),
                    Histogram("at the start", histogram.start, histogram.edges),
                ],
                x_title="weight",
                height=280,
            )
            st.plotly_chart(figure, key=f"weights.{histogram.layer}", config=_PLAIN, alt=alt_text(figure))
            st.caption(f"Spread (standard deviation): {histogram.spread_start:.3g} at the start, {histogram.spread_now:.3g} now.")
    st.caption(f"Weights {kept.when}, without biases. The start is exact: the seed gives the same first weights again.")


def _activations(histograms: Sequence[ActivationHistogram], kept: Snapshot, split: SplitName) -> None:
    st.markdown(
        f"What each layer gives out, after its activation, for the first {IMAGES} {split} {noun(data.source(kept.run.dataset))}. "
        "Neurons that are always 0 do nothing; sigmoids and tanhs stuck at an end can hardly learn any more."
    )
    for place, histogram in zip(_grid(len(histograms)), histograms, strict=True):
        with place:
            st.markdown(f"**{histogram.layer + 1}. {histogram.title}**")
            figure = histogram_figure(
                [Histogram("activations", histogram.nonzero_counts, histogram.edges)], x_title="activation", height=260
            )
            figure.update_layout(showlegend=False, margin={"t": 16})
            st.plotly_chart(figure, key=f"activations.{histogram.layer}", config=_PLAIN, alt=alt_text(figure))
            st.caption(_in_words(histogram))
    st.caption(f"Weights {kept.when}.")


def _in_words(histogram: ActivationHistogram) -> str:
    words = []
    if histogram.zeros:
        words.append(f"**{histogram.zero_share:.1%}** are exactly 0, and left out of the drawing.")
    if histogram.silent_units:
        words.append(f"**{histogram.silent_units:,} of {histogram.num_units:,}** were 0 for every one of them: silent.")
    if histogram.stuck_share is not None:
        words.append(f"**{histogram.stuck_share:.1%}** are stuck within 1 % of an end of the range.")
    return " ".join(words) or "None is exactly 0."


def _grid(count: int) -> list[st.delta_generator.DeltaGenerator]:
    """Places in rows of two, which stand below each other on a narrow page."""
    places: list[st.delta_generator.DeltaGenerator] = []
    for _ in range(0, count, 2):
        places.extend(st.columns(2))
    return places[:count]
