"""The training images that the network holds to be most like the chosen one."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.data import Dataset
from playground.errors import PlaygroundError
from playground.figures.neighbours import PictureCard, picture_cards, three_digits, vote_bars
from playground.figures.reading import named, percent
from playground.insight.neighbours import Nearest, Neighbours, penultimate_title
from playground.network import trace
from playground.ui import tasks
from playground.ui.chosen_image import ChosenImage
from playground.ui.snapshots import Snapshot

SLOT = "neighbours"
FEW = 5000
_ALL = 0


def view(kept: Snapshot, image: ChosenImage) -> None:
    """The nearest training images in the penultimate layer, their vote, and the nearest by plain pixels."""
    try:
        dataset = data.load(kept.run.dataset)
    except PlaygroundError as problem:
        st.info(str(problem), icon=":material/info:")
        return
    st.markdown(
        "Just before its answer, the network has turned every image into a short list of numbers. Images with **similar lists** "
        "are alike **to the network**. Here are the training images nearest to yours."
    )
    way, limit = _choice()
    question = (SLOT, kept.moment, image.key, limit)
    answer = tasks.ask(
        SLOT,
        question,
        "playground.insight.neighbours:nearest_neighbours",
        lambda: {"run_json": kept.run.to_json(), "weights": kept.weights.tensors, "pixels": image.pixels, "limit": limit},
    )
    if answer.status == "waiting":
        tasks.progress(SLOT, "Comparing:")
    elif answer.status != "done":
        tasks.show_problem(answer, question)
    else:
        _shown(kept, image, dataset, answer.result, way)


def _choice() -> tuple[str, int | None]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control(
            "Alike means",
            ["Euclidean", "Cosine"],
            default="Euclidean",
            required=True,
            key="neighbours_way",
            help="Euclidean: the length of the difference of the two lists. Cosine: 1 minus the cosine of the angle between "
            "them, which does not care how large the numbers are.",
        )
        limit = st.segmented_control(
            "Training images searched",
            [1000, FEW, _ALL],
            default=FEW,
            required=True,
            format_func=lambda number: f"{number:,}" if number else "All",
            key="neighbours_limit",
            help="At most so many of those that it learned from. More take longer.",
        )
    return str(way), int(limit or 0) or None


def _shown(kept: Snapshot, image: ChosenImage, dataset: Dataset, found: Neighbours, way: str) -> None:
    names = dataset.class_names
    near: Nearest = found.euclidean if way == "Euclidean" else found.cosine
    layer = penultimate_title(trace(kept.run.network, dataset.input_shape))
    _votes(names, found, near)
    st.markdown(f"##### Nearest to the network: in {layer}, {found.space:,} numbers an image")
    if found.zero and way == "Cosine":
        st.info(
            "All numbers of your image are 0 there, so it makes no angle with anything: every distance is 1.",
            icon=":material/info:",
        )
    st.html(picture_cards(_cards(dataset, near, image.label)))
    st.markdown("##### Nearest by plain pixels, without any network")
    st.html(picture_cards(_cards(dataset, found.pixels, image.label)))
    both = len(set(near.indices.tolist()) & set(found.pixels.indices.tolist()))
    searched = f"all {found.seen:,}" if found.seen == found.available else f"{found.seen:,} of {found.available:,}"
    st.caption(
        f"Below each image stand its class and its distance: {way}; for plain pixels Euclidean, with black 0 and white 1. "
        f"{both} of {len(near.indices)} stand in both rows. Searched {searched} images that it learned from. Weights {kept.when}."
    )


def _votes(names: tuple[str, ...], found: Neighbours, near: Nearest) -> None:
    """The neighbours' vote beside the network's own answer."""
    votes = [(_name(names, label), count) for label, count in near.votes.items()]
    own, share = _name(names, found.answer), float(found.probabilities[found.answer])
    same = votes[0][0] == own
    words, bars = st.columns([3, 2], vertical_alignment="center")
    with words:
        agree = "The neighbours vote the same" if same else "**The neighbours vote otherwise**"
        st.markdown(
            f"The network says **{named(own)}**, {percent(share)} sure. {agree}: {votes[0][1]} of {len(near.labels)} are "
            f"{named(votes[0][0])}."
        )
    with bars:
        st.html(vote_bars(votes, len(near.labels), own))


def _cards(dataset: Dataset, near: Nearest, label: int | None) -> list[PictureCard]:
    return [
        PictureCard(
            dataset.x_train[int(index)].numpy(),
            _name(dataset.class_names, int(own)),
            three_digits(float(distance)),
            None if label is None else int(own) == label,
        )
        for index, own, distance in zip(near.indices, near.labels, near.distances, strict=True)
    ]


def _name(names: tuple[str, ...], index: int) -> str:
    return names[index] if index < len(names) else f"output {index + 1}"
