"""What the pages that look inside begin with: which network, at which moment of its training, and which image."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st

from playground import data
from playground.data import Dataset
from playground.data.sources import Source
from playground.errors import PlaygroundError
from playground.insight.evaluation import AnyEvaluation, RegressionEvaluation
from playground.insight.mistakes import most_confident_mistakes
from playground.insight.networks import TrainedNetwork, trained_network
from playground.insight.regression import largest_errors
from playground.jobs import RunInfo
from playground.training.runtime import Runtime
from playground.ui import address, session, tasks
from playground.ui.chosen_image import ChosenImage, beside, sentence, test_example
from playground.ui.data_words import noun
from playground.ui.draw_sources import CANVAS, canvas_subject
from playground.ui.draw_steps import prepared
from playground.ui.frame import run_picker
from playground.ui.snapshots import Snapshot, follow, snapshot
from playground.ui.time_machine import time_machine

EVALUATION = "evaluation"  # the slot, and the first part of the question, of `insight.evaluation:evaluate`
TEST, MISTAKE, DRAWING = "Test image", "A mistake", "My drawing"
IMAGE_PARAMETER = "image"
_KEPT_NETWORK = "asked_network"
NETWORK_PIXELS = 460


def network_picker(busy_slot: str = "", *, with_branch: bool = False) -> Snapshot | None:
    """The run picker and its time machine; returns the chosen weights. None when there are none yet: the page has said so.

    Args:
        busy_slot: as in `snapshots.follow`.
        with_branch: whether to offer going on from the chosen moment.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="looked_at_network"):
        with st.container(width=NETWORK_PIXELS):
            run_id = run_picker("Network")
        moment = None
        if run_id is not None:
            info = session.service().info(run_id)
            moment = time_machine(info, with_branch)
    if run_id is None:
        no_network()
        return None
    failure(info)
    kept: Snapshot | None = None
    try:
        kept = snapshot(info, moment.number if moment else None)
    except PlaygroundError as problem:
        st.info(str(problem), icon=":material/hourglass_empty:")
    follow(info, kept, busy_slot)
    return kept


def no_network() -> None:
    """What to do when there is no run at all."""
    if session.lost_run():
        st.info("The run in this address is not on this server any more.", icon=":material/link_off:")
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader("There is no network to look at yet", anchor=False)
        st.write("Train one first: one click, and a few seconds. Then come back and see what it does, and why.")
        st.page_link("app.py", label="Go to Build & train", icon=":material/school:", query_params=session.link_query())


def failure(info: RunInfo) -> None:
    """Says that one looks at the last good weights of a run that failed."""
    failed = session.history(info.id).failed if info.status == "failed" else None
    if failed:
        words = " ".join(part for part in (failed.what, failed.expected, failed.mend) if part)
        st.warning(f"This run failed. {words} You see its last good weights.", icon=":material/error:")


def asked_network(kept: Snapshot) -> TrainedNetwork:
    """The network in the page's own process, for work of a few milliseconds inside `insight.quick.quick()`.

    It belongs to this visit; whoever changes its weights puts them back. Longer work is asked for with `tasks.ask`.

    Raises:
        PlaygroundError: the data set is not there, or the weights do not fit.
    """
    found: tuple[Hashable, TrainedNetwork] | None = st.session_state.get(_KEPT_NETWORK)
    if found is None or found[0] != kept.moment:
        network = trained_network(kept.run, kept.weights.tensors, Runtime(device="cpu", threads=1))
        found = (kept.moment, network)
        st.session_state[_KEPT_NETWORK] = found
    return found[1]


def image_picker(kept: Snapshot) -> ChosenImage | None:
    """A test image (or row), one of the network's mistakes, or a drawing; the choice holds on all pages. None when there is none
    yet.

    A test image stands in the address (`image=17`), so that a teacher's link opens on it.
    """
    dataset, source = data.load(kept.run.dataset), data.source(kept.run.dataset)
    if not len(dataset.x_test):
        st.info(f"There is no test {noun(source, False)} here to look at.", icon=":material/info:")
        return None
    drawable = dataset.input_shape == (1, 28, 28)
    _read_address(dataset)
    sources = [TEST, MISTAKE, DRAWING] if drawable else [TEST, MISTAKE]
    told = {TEST: f"Test {noun(source, False)}", MISTAKE: MISTAKE if dataset.num_classes else "A large error"}
    chosen = st.segmented_control(
        noun(source, False).capitalize(),
        sources,
        default=TEST,
        required=True,
        format_func=lambda name: told.get(name, name),
        key="looked_at_source",
        persist_state="session",
        help=f"Which {noun(source, False)} the network is asked about.",
    )
    if chosen == DRAWING and drawable:
        return _drawing(kept)
    if chosen == MISTAKE:
        return _mistake(kept, dataset, source)
    return _test_image(dataset, source)


def _read_address(dataset: Dataset) -> None:
    text = st.query_params.get(IMAGE_PARAMETER)
    if text and text.isdecimal() and "looked_at_index" not in st.session_state:
        st.session_state["looked_at_index"] = min(int(text), len(dataset.x_test) - 1)


def _test_image(dataset: Dataset, source: Source) -> ChosenImage:
    count = len(dataset.x_test)
    st.session_state["looked_at_index"] = index = min(int(st.session_state.get("looked_at_index", 0)), count - 1)
    address.keep(IMAGE_PARAMETER, str(index))
    image = test_example(dataset, source, index)
    with beside(image):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            key = f"looked_at_number.{index}.{count}"
            st.number_input("No.", 0, count - 1, index, key=key, on_change=_take_number, args=(key,), width=120)
            st.button("Another", icon=":material/shuffle:", on_click=_another, args=(count,), key="looked_at_another")
        st.caption(sentence(image.words))
    return image


def _mistake(kept: Snapshot, dataset: Dataset, source: Source) -> ChosenImage | None:
    question = (EVALUATION, kept.moment, "test")
    answer = tasks.ask(
        EVALUATION,
        question,
        "playground.insight.evaluation:evaluate",
        lambda: {"run_json": kept.run.to_json(), "weights": kept.weights.tensors, "split": "test", "step": kept.weights.step},
    )
    if answer.status == "waiting":
        tasks.progress(EVALUATION, "Looking for its mistakes:")
        return None
    if answer.status != "done":
        tasks.show_problem(answer, question)
        return None
    evaluation: AnyEvaluation = answer.result
    is_number = isinstance(evaluation, RegressionEvaluation)
    rows = largest_errors(evaluation) if isinstance(evaluation, RegressionEvaluation) else most_confident_mistakes(evaluation)
    if len(rows) == 0:
        right = "reads all test images right" if source.is_images else f"tells all test {noun(source)} right"
        st.success(f"It {right}.", icon=":material/celebration:")
        return None
    number = int(st.session_state.get("looked_at_mistake", 0)) % len(rows)
    row = int(rows[number])
    said = "" if isinstance(evaluation, RegressionEvaluation) else dataset.class_names[int(evaluation.predicted[row])]
    image = test_example(dataset, source, int(evaluation.indices[row]), said)
    with beside(image):
        label = "Next error" if is_number else "Next mistake"
        st.button(label, icon=":material/skip_next:", on_click=_next_mistake, args=(number + 1,), key="looked_at_next")
        order = "the largest first" if is_number else "the surest first"
        st.caption(f"{sentence(image.words)}. {number + 1:,} of {len(rows):,}, {order}.")
    return image


def _drawing(kept: Snapshot) -> ChosenImage | None:
    with st.container(width=CANVAS):
        drawn = canvas_subject(kept.run)
    done = prepared(drawn)
    if done is None:
        st.caption(drawn.hint)
        return None
    return ChosenImage(done.image[None], None, "your drawing", ("drawing", done.image.tobytes()))


def _take_number(key: str) -> None:
    st.session_state["looked_at_index"] = st.session_state[key]


def _another(count: int) -> None:
    st.session_state["looked_at_index"] = int(np.random.default_rng().integers(count))


def _next_mistake(number: int) -> None:
    st.session_state["looked_at_mistake"] = number
