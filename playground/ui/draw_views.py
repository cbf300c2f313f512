"""Draw: a digit is drawn, uploaded or taken from the test set; a network reads it at every stroke, even while it learns."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.data.sources import Source
from playground.errors import PlaygroundError
from playground.figures.reading import Words, answer_panel, answer_words, named, probability_bars
from playground.insight.reading import SIDE, Reading, read
from playground.jobs import RunInfo
from playground.spec import RunSpec
from playground.store.values import CheckpointInfo
from playground.ui import loaded_networks, session
from playground.ui.draw_networks import Network, choose_network, network
from playground.ui.draw_sources import CANVAS, Pixels, Subject, subject
from playground.ui.draw_steps import prepared, scale_in_use, steps_view
from playground.ui.time_machine import time_machine
from playground.ui.views import PICTURES, served

TICK_SECONDS = 1.0
_STYLE = f"""<style>
.chosen-image .picture {{width:{CANVAS}px; max-width:100%;}}
.st-key-draw_studio [data-stale=true], .st-key-draw_steps [data-stale=true] {{opacity:1 !important; transition:none;}}
</style>"""


def draw_page() -> None:
    """The whole page below the frame."""
    st.html(_STYLE)
    if session.lost_run():
        st.info("The run in this address is not on this server any more.", icon=":material/link_off:")
    info = choose_network()
    saved = loaded_networks.chosen() if info is None else None
    run = info.run if info is not None else loaded_networks.loaded()[saved].network.run if saved else RunSpec()
    source = data.source(run.dataset)
    if not is_drawable(source):
        if served(run, PICTURES, "This page"):
            side = " × ".join(map(str, source.input_shape[1:]))
            st.info(f"A drawing has 28 × 28 grey pixels; {source.title} has pictures of {side}.", icon=":material/info:")
        st.caption("Or choose another network above, such as the small one that comes with the playground.")
        return
    with st.container():
        moment = time_machine(info, with_branch=False) if info is not None else None
    st.fragment(_studio, run_every=TICK_SECONDS if info is not None and info.is_active else None)(info, moment)


def is_drawable(source: Source) -> bool:
    """Whether what it learned from has the form of a drawing."""
    return source.input_shape == (1, SIDE, SIDE)


def _studio(info: RunInfo | None, moment: CheckpointInfo | None) -> None:
    """Picture, answer and steps. Runs at every stroke, and every second while the network learns."""
    if info is not None and session.service().info(info.id).status != info.status:
        st.rerun()  # the picker and this fragment's clock hang on the status
    try:
        reader: Network | None = network(info, moment)
        problem = None
    except PlaygroundError as error:
        reader, problem = None, error
    run = reader.run if reader else info.run if info else RunSpec()
    with st.container(horizontal=True, key="draw_studio", gap="medium"):
        with st.container(width=CANVAS):
            shown = subject(run)
        done = prepared(shown)
        image = shown.image if done is None else done.image
        reading = None
        if reader is not None and image is not None:
            try:
                reading = read(reader.run, reader.weights, image, scale_in_use(reader))
            except PlaygroundError as error:
                problem = error
        with st.container(width="stretch"):
            _answer(data.source(run.dataset).class_names, shown, image, reading, problem, reader)
    steps_view(shown, done, reader, reading)


def _answer(
    names: tuple[str, ...],
    shown: Subject,
    image: Pixels | None,
    reading: Reading | None,
    problem: PlaygroundError | None,
    reader: Network | None,
) -> None:
    """What the network says. The bars stand where they stand, with or without an answer."""
    right, remark = None, ""
    if problem is not None:
        words = Words(str(problem))
    elif reading is None:
        words = Words(shown.hint)
    else:
        words = answer_words(reading.probabilities, names)
        if shown.truth is not None:
            right = reading.best == shown.truth
            remark = f"It is {named(names[shown.truth])}. {shown.hint}"
    st.html(answer_panel(image, words, remark, right))
    st.html(probability_bars(reading.probabilities if reading else None, names, shown.truth))
    if reader is not None:
        source = data.source(reader.run.dataset)
        digits = source.name.startswith("mnist")
        other = f" It was asked one question only: {source.title}" if source.task == "binary" else ""
        other = other if digits or other else f" It learned from {source.title}, and takes all for one of these."
        st.caption(f"This network: {reader.when}.{other}")
