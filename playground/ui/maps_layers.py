"""The same images as one layer after the other sees them."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.catalog.layers import Dropout, Flatten
from playground.figures.embedding import agreement_figure
from playground.figures.theme import alt_text
from playground.ui import maps_choices as choices
from playground.ui.data_words import noun
from playground.ui.maps_figure import map_figure
from playground.ui.snapshots import Snapshot


def layers_view(kept: Snapshot) -> None:
    """An animation from the pixels to the last layer, and how well the classes are sorted at each."""
    trained = choices.network(kept)
    if trained is None:
        return
    source = data.source(kept.run.dataset)
    plural = noun(source)
    st.markdown(f"Follow the {plural} through the network: **press Play**, and see how layer after layer sorts them.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = choices.method_choice("maps_layers_method")
        colour_by = choices.colour_choice("maps_layers_colour", source)
        with choices.more("maps_layers_images", plural.capitalize()):
            split = choices.split_choice("maps_layers_split", ("test", "validation", "training"))
            number = choices.number_choice("maps_layers_number", 500)
        images = choices.images_there(trained, split, number)
        perplexity = choices.perplexity_choice("maps_layers_perplexity", images) if method == "t-SNE" and images else 0.0
    if not images:
        return
    # What only changes the order of the numbers, or nothing at all once it has learned, has the map of the layer before.
    layers = (0, *(r.index + 1 for r in trained.reports if not isinstance(r.layer, Flatten | Dropout)))
    embedding, question = choices.asked(kept, split, layers, method, images, perplexity)
    if embedding is None:
        return
    map_figure(kept, embedding, question, key="maps_layers", colour_by=colour_by)
    start = " t-SNE starts each map from the one before." if method == "t-SNE" else ""
    st.caption(
        f"{len(embedding):,} {split} {plural}. A map may be turned and mirrored without changing what it says: each is laid as "
        f"well as possible onto the one before, and as large.{start} Flatten and Dropout change nothing here, and are left out. "
        f"Weights {kept.when}."
    )
    dead = [one.title for one in embedding.maps if one.constant]
    if dead:
        st.warning(
            f"The same numbers for every {source.example}: **{'**, **'.join(dead)}**. Nothing gets past a dead layer.",
            icon=":material/sentiment_dissatisfied:",
        )
    group = "are of the same class" if source.num_classes else "have the same colour"
    st.markdown(
        f"**How well are they sorted?** Of the 10 {plural} that a layer finds most alike, so many {group}; drawn by lot, "
        f"{embedding.by_lot:.0%} would be:"
    )
    figure = agreement_figure(
        [one.title for one in embedding.maps], [one.agreement for one in embedding.maps], not source.num_classes
    )
    st.plotly_chart(figure, key="maps_agreement", config={"displayModeBar": False}, alt=alt_text(figure))
