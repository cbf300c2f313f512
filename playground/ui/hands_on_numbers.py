"""Hands on: how well the network does before and after, what it weighs, and what each edit did."""

from __future__ import annotations

import math

import streamlit as st

from playground import data
from playground.catalog.task import TASKS, score_words
from playground.figures.accuracy_change import accuracy_change_figure
from playground.figures.score import SCALES
from playground.figures.theme import alt_text
from playground.insight.edited_accuracy import Figures
from playground.insight.networks import SplitName
from playground.insight.sizes import Sizes, sizes
from playground.insight.unit_paths import Blueprint
from playground.ui import tasks
from playground.ui.chosen_image import sentence
from playground.ui.data_words import examples, noun
from playground.ui.hands_on_state import (
    SLOT,
    Answers,
    known_figures,
    operation,
    redo,
    undo,
    undo_all,
    weights_after,
)
from playground.ui.snapshots import Snapshot

HELP = {
    "before": "As the network was trained. {help}",
    "after": "The same {plural}, asked with your edits. {help}",
    "Loss after": "How far off its answers are on average; below it, the change. Lower is better.",
    "Weights that are 0": "How many of the weights of its Dense and Conv2d layers are exactly 0: they take part in nothing.",
    "Size": "Four bytes a number; one byte for each weight of a layer whose weights are int8 steps.",
}


def numbers(kept: Snapshot, split: SplitName, found: Answers) -> None:
    """The figures for the back row. While new ones are computed, those of the first images stand in their places."""
    before, after = found.before, found.after
    about = ""
    if found.waiting and found.sample is not None and after is None:
        before, after = found.sample
        about = "≈ "
    source = data.source(kept.run.dataset)
    score, loss = _change(source.task, before, after)
    words = TASKS[source.task]
    told = {"help": words.score_help, "plural": noun(source)}
    name = sentence(words.score)
    now, then = _sizes(kept), sizes(kept.weights.tensors, Blueprint.of(kept.run))
    with st.container(horizontal=True, key="hands_on_numbers"):
        _metric(f"{name} before", about + _score(source.task, before), help=HELP["before"].format(**told))
        _metric(f"{name} after", about + _score(source.task, after), score, help=HELP["after"].format(**told))
        _metric("Loss after", f"{after.loss:.4f}" if after else "–", loss, inverse=True)
        share = now.zeros / max(1, now.weights)
        _metric(
            "Weights that are 0", f"{100 * share:.1f} %", f"{now.zeros - then.zeros:+,}" if now != then else None, neutral=True
        )
        _metric(
            "Size", _bytes(now.bytes), f"{now.bytes / then.bytes - 1:+.0%}" if now.bytes != then.bytes else None, neutral=True
        )
    with st.container(key="hands_on_status"):
        if found.problem is not None:
            tasks.show_problem(*found.problem)
        elif found.waiting:
            tasks.progress(SLOT, f"≈ from the first {examples(source, found.num_sampled)}; all of them follow:")
        elif after is not None:
            st.caption(f"{after.total:,} {split} {noun(source, after.total != 1)}, the network {kept.when}. {_weighs(now)}")


def effects(kept: Snapshot, split: SplitName, waiting: bool) -> None:
    """The edits in words, each with what it did; undo and redo.

    Args:
        waiting: whether the last one is being measured.
    """
    now, task = operation(kept), data.source(kept.run.dataset).task
    blueprint = Blueprint.of(kept.run)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Your edits** ({len(now.edits)})", width="content")
        st.button("Undo", icon=":material/undo:", on_click=undo, args=(kept,), disabled=not now.edits, key="hands_on_undo")
        st.button("Redo", icon=":material/redo:", on_click=redo, args=(kept,), disabled=not now.undone, key="hands_on_redo")
        st.button(
            "Undo all", icon=":material/restart_alt:", on_click=undo_all, args=(kept,), disabled=not now.edits, key="hands_on_all"
        )
    if not now.edits:
        st.caption("None yet. Kill a neuron, or click a weight: the figures above tell at once what it does.")
        return
    rows = []
    for count, edit in enumerate(now.edits, 1):
        change = _change(task, known_figures(kept, split, now.edits[: count - 1]), known_figures(kept, split, now.edits[:count]))
        rows.append(f"{count}. {edit.words(blueprint)}: {_effect(task, *change, waiting and count == len(now.edits))}")
    with st.container(height=190 if len(rows) > 5 else "content", border=False):
        st.markdown("\n".join(rows))


def classes(kept: Snapshot, before: Figures | None, after: Figures | None) -> None:
    """Which classes it was good or bad for; nothing for a regression."""
    if not data.source(kept.run.dataset).num_classes:
        return
    st.markdown("**Class by class**: the ring is before, the dot after.")
    if before is None or after is None:
        st.caption("This is drawn as soon as all have been asked.")
        return
    names = data.source(kept.run.dataset).class_names
    figure = accuracy_change_figure(before.class_accuracy, after.class_accuracy, names)
    st.plotly_chart(figure, key="hands_on_classes", config={"displayModeBar": False}, alt=alt_text(figure))


def _sizes(kept: Snapshot) -> Sizes:
    return sizes(weights_after(kept, operation(kept).edits), Blueprint.of(kept.run))


def _weighs(found: Sizes) -> str:
    words = f"It has {found.numbers:,} numbers: {_bytes(found.float_bytes)} with four bytes each"
    if found.int8_layers:
        layers = "layer" if found.int8_layers == 1 else "layers"
        return f"{words}, {_bytes(found.bytes)} with the weights of {found.int8_layers} {layers} as int8."
    return f"{words}."


def _change(task: str, before: Figures | None, after: Figures | None) -> tuple[str | None, str | None]:
    """What became of score and loss, in words; None where nothing is known."""
    if before is None or after is None:
        return None, None
    change = SCALES[TASKS[task].score].difference(after.accuracy - before.accuracy)
    return change, f"{after.loss - before.loss:+.4f}" if math.isfinite(after.loss - before.loss) else None


def _effect(task: str, score: str | None, loss: str | None, waiting: bool) -> str:
    if score is None:
        return "being measured …" if waiting else "not measured"
    changes = any(digit in score + (loss or "") for digit in "123456789")
    return f"{TASKS[task].score} **{score}**" if changes else "the answers stay the same"


def _metric(
    label: str, value: str, delta: str | None = None, inverse: bool = False, neutral: bool = False, help: str | None = None
) -> None:
    nothing = delta is not None and not any(digit in delta for digit in "123456789")
    st.metric(
        label,
        value,
        delta,
        delta_color="off" if neutral or nothing else "inverse" if inverse else "normal",
        delta_arrow="off" if nothing or neutral else "auto",
        help=help or HELP[label],
        width=160,
    )


def _score(task: str, figures: Figures | None) -> str:
    return score_words(task, figures.accuracy, 2) if figures else "–"


def _bytes(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
