"""The map of the images as one layer sees them."""

from __future__ import annotations

import math

import streamlit as st

from playground import data
from playground.data.sources import Source
from playground.insight.embedding import Embedding, LayerMap
from playground.insight.networks import TrainedNetwork
from playground.ui import maps_choices as choices
from playground.ui.data_words import noun
from playground.ui.maps_figure import map_figure
from playground.ui.snapshots import Snapshot


def one_layer_view(kept: Snapshot) -> None:
    """Choices, the map, and what it keeps of the truth."""
    trained = choices.network(kept)
    if trained is None:
        return
    source = data.source(kept.run.dataset)
    one, plural = source.example, noun(source)
    see = f"see its {one}" if source.is_images else "see what it is"
    st.markdown(
        f"Each layer makes a list of numbers of every {one}. Here every dot is one {one}, and **{plural} whose numbers are alike "
        f"stand close together**. Put the pointer on a dot, or tap it, to {see}."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = _layer_choice(trained)
        method = choices.method_choice("maps_method")
        colour_by = choices.colour_choice("maps_colour", source)
        with choices.more("maps_images", plural.capitalize()):
            split = choices.split_choice("maps_split", ("test", "validation", "training"))
            number = choices.number_choice("maps_number", 1000)
        images = choices.images_there(trained, split, number)
        perplexity = choices.perplexity_choice("maps_perplexity", images) if method == "t-SNE" and images else 0.0
    if not images:
        return
    embedding, question = choices.asked(kept, split, (layer,), method, images, perplexity)
    if embedding is None:
        return
    layer_map = embedding.maps[0]
    if layer_map.constant:
        st.warning(
            f"**{layer_map.title}** gives the same numbers for every {one}: it is dead, and all {plural} lie on one spot. "
            "Try an earlier layer.",
            icon=":material/sentiment_dissatisfied:",
        )
        return
    map_figure(kept, embedding, question, key="maps_one_layer", colour_by=colour_by)
    _numbers(embedding, layer_map, source)
    st.caption(f"{len(embedding):,} {split} {plural}. {_made(embedding, layer_map)} Weights {kept.when}.")


def _layer_choice(trained: TrainedNetwork) -> int:
    reports = trained.reports
    first = "The pixels" if trained.dataset.is_images else "The inputs"
    titles = [f"{first} ({_shape(trained.dataset.input_shape)})"]
    titles += [f"{report.index + 1}. {report.layer.label()} ({_shape(report.output_shape)})" for report in reports]
    return int(
        st.selectbox(
            "Layer",
            range(len(titles)),
            index=max(0, len(reports) - 1),
            format_func=titles.__getitem__,
            key=f"maps_layer.{'/'.join(titles)}",
            width=300,
            help="Whose numbers are compared, after its activation. The last layers see what the network has understood.",
        )
    )


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in shape)


def _numbers(embedding: Embedding, one: LayerMap, source: Source) -> None:
    plural, has_classes = noun(source), bool(source.num_classes)
    wrong = int((embedding.labels != embedding.predicted).sum())
    figures = [
        (
            "Neighbours of its class" if has_classes else "Neighbours of its group",
            f"{one.agreement:.1%}",
            f"Of the 10 {plural} whose numbers are most alike, so many have its {'class' if has_classes else 'colour'}. Counted "
            f"in the layer, not on the map. Of {plural} drawn by lot, {embedding.by_lot:.1%} would.",
        ),
        (
            "Trustworthiness",
            f"{one.trustworthiness:.3f}",
            "Of the map: are neighbours on it neighbours in the layer, too? 1: all of them. About 0.5: a map drawn by chance.",
        ),
        ("Told wrong", f"{wrong:,} of {len(embedding):,}", "Dots on this map that the network takes for something else."),
    ]
    if embedding.method == "PCA":
        shown = (
            "Seen on the map",
            f"{sum(one.shares):.1%}",
            "The share of all differences (variance) that lies along the two axes.",
        )
        figures.insert(2, shown)
    if not has_classes:
        figures = [figure for figure in figures if figure[0] != "Told wrong"]
    with st.container(horizontal=True):
        for label, value, words in figures:
            st.metric(label, value, help=words, width=190)


def _made(embedding: Embedding, one: LayerMap) -> str:
    """How the map came about."""
    dimensions = math.prod(one.shape)
    if one.reduced_to == dimensions:
        return "The axes of t-SNE have no unit." if embedding.method == "t-SNE" else ""
    cut = f"PCA made {one.reduced_to} numbers of {dimensions:,}; they hold {one.reduced_share:.1%} of the differences"
    if embedding.method == "t-SNE":
        return f"{cut}; t-SNE went on from there. Its axes have no unit."
    return f"{cut}; the map shows the first two, and neighbours are counted in all {one.reduced_to}."
