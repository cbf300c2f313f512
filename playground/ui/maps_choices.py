"""What the views of the Maps page ask the visitor alike, and how they ask the job service."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from playground import data
from playground.data.sources import Source
from playground.errors import PlaygroundError
from playground.figures.embedding import ColourBy
from playground.insight.embedding import FEWEST_IMAGES, Embedding, Method, most_perplexity
from playground.insight.networks import SplitName, TrainedNetwork
from playground.ui import tasks
from playground.ui.data_words import noun
from playground.ui.looked_at import asked_network
from playground.ui.snapshots import Snapshot

SLOT = "maps"
EMBED = "playground.insight.embedding:embed"
NUMBERS = (200, 500, 1000, 2000)
_COLOURS: dict[ColourBy, str] = {"class": "What it is", "mistake": "Right or wrong"}

METHOD_HELP = (
    "How many numbers become two. PCA looks from the side from which the images differ most: quick, and distances are real. "
    "t-SNE keeps neighbours together: groups show better, but how far apart they are, and how large, means nothing."
)
PERPLEXITY_HELP = (
    "About how many neighbours each keeps close. Small: many little groups. Large: the broad picture. "
    "A group that shows at several values is more than an accident."
)


def network(kept: Snapshot) -> TrainedNetwork | None:
    """The network in the page's process; None when the data set is not there or the weights do not fit: that has been said."""
    try:
        return asked_network(kept)
    except PlaygroundError as problem:
        st.warning(str(problem), icon=":material/error:")
        return None


def more(key: str, label: str) -> DeltaGenerator:
    """A place for choices that are seldom made."""
    return st.popover(label, icon=":material/tune:", key=key)


def split_choice(key: str, splits: Sequence[SplitName]) -> SplitName:
    chosen: SplitName = st.segmented_control(  # type: ignore[assignment]
        "Out of",
        list(splits),
        default=splits[0],
        required=True,
        format_func=str.capitalize,
        key=key,
        persist_state="session",
        help="Training: it learned from these. Validation: kept back, to compare settings. Test: never seen while it learned.",
    )
    return chosen


def number_choice(key: str, default: int) -> int:
    return int(
        st.select_slider(
            "How many",
            NUMBERS,
            value=default,
            format_func=lambda number: f"{number:,}",
            key=key,
            persist_state="session",
            help="Drawn by lot from the set, always the same ones. More show more, and take longer.",
        )
    )


def method_choice(key: str) -> Method:
    chosen: Method = st.segmented_control(  # type: ignore[assignment]
        "Method", ["PCA", "t-SNE"], default="PCA", required=True, key=key, persist_state="session", help=METHOD_HELP
    )
    return chosen


def colour_choice(key: str, source: Source) -> ColourBy:
    """Of classes there is a choice; numbers are coloured by how large they are."""
    if not source.num_classes:
        return "class"
    chosen: ColourBy = st.segmented_control(  # type: ignore[assignment]
        "Colours show",
        list(_COLOURS),
        default="class",
        required=True,
        format_func=_COLOURS.__getitem__,
        key=key,
        persist_state="session",
        help="What each is, or whether the network gets it right. Shapes repeat what the colours say.",
    )
    return chosen


def perplexity_choice(key: str, images: int) -> float:
    """A perplexity that goes with so many images."""
    most = most_perplexity(images)
    if most <= 2:
        return 1.0
    return float(st.slider("Perplexity", 2, most, min(30, most), key=f"{key}.{most}", width=220, help=PERPLEXITY_HELP))


def images_there(trained: TrainedNetwork, split: SplitName, wanted: int) -> int:
    """How many images there are of the `wanted` ones; fewer than a map needs have been spoken of."""
    batches = trained.batches
    sizes = {"test": len(trained.dataset.x_test), "validation": len(batches.validation), "training": len(batches.train)}
    count = min(wanted, sizes[split])
    plural = noun(data.source(trained.run.dataset))
    if count == 0:
        st.info(f"This run kept no {plural} back for validation. Choose another set.", icon=":material/info:")
    elif count < FEWEST_IMAGES:
        st.info(f"There are only {count} {plural} in this set: too few for a map. Choose another set.", icon=":material/info:")
    return count if count >= FEWEST_IMAGES else 0


def asked(
    kept: Snapshot, split: SplitName, layers: tuple[int, ...], method: Method, images: int, perplexity: float
) -> tuple[Embedding | None, Hashable]:
    """The embedding, or None while it is computed or when there is none: that is told; and the question that it answers."""
    perplexity = perplexity if method == "t-SNE" else 0.0
    question = (SLOT, kept.moment, split, layers, method, images, perplexity)
    answer = tasks.ask(
        SLOT,
        question,
        EMBED,
        lambda: {
            "run_json": kept.run.to_json(),
            "weights": kept.weights.tensors,
            "split": split,
            "layers": layers,
            "method": method,
            "images": images,
            "perplexity": perplexity,
        },
    )
    if answer.status == "waiting":
        tasks.progress(SLOT, "")
    elif answer.status != "done":
        tasks.show_problem(answer, question)
    return answer.result, question
