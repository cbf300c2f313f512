"""Step by step: the arithmetic of the network with its real numbers, forwards and backwards.

A view is one function of a `Subject`, and one line in `VIEWS`.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from playground.errors import PlaygroundError
from playground.insight.arithmetic import logits, walk
from playground.insight.quick import quick
from playground.insight.step_trial import read_ahead
from playground.ui.looked_at import ChosenImage, asked_network, image_picker, network_picker
from playground.ui.snapshots import Snapshot
from playground.ui.steps_convolution import convolution_view
from playground.ui.steps_ending import loss_view, softmax_view
from playground.ui.steps_layers import activation_view, dense_view, pooling_view
from playground.ui.steps_microscope import microscope_view
from playground.ui.steps_subject import Subject

VIEWS: tuple[tuple[str, Callable[[Subject], None]], ...] = (
    ("Convolution", convolution_view),
    ("Pooling", pooling_view),
    ("Dense", dense_view),
    ("Activation", activation_view),
    ("Softmax", softmax_view),
    ("Loss", loss_view),
    ("Backprop microscope", microscope_view),
)


def steps_page() -> None:
    """The whole page below the frame."""
    st.subheader("Step by step", anchor=False)
    st.caption("Every number of your network, worked out by hand and compared with what the network itself computed.")
    kept = network_picker()
    if kept is None:
        return
    picked, which = st.columns(2, gap="large")
    with picked:
        try:
            image = image_picker(kept)
        except PlaygroundError as problem:
            st.info(str(problem), icon=":material/info:")
            return
    if image is None:
        return
    read_ahead()
    subject = _subject(kept, image, which)
    if subject is not None:
        _tabs(subject)


def _subject(kept: Snapshot, image: ChosenImage, place: st.delta_generator.DeltaGenerator) -> Subject | None:
    """The image's way through the network; None when it cannot be computed: the page has said why."""
    try:
        network = asked_network(kept)
        inputs = image.inputs(network)
        with quick():
            steps = walk(network, inputs)
    except PlaygroundError as problem:
        st.warning(str(problem), icon=":material/error:")
        return None
    answer = int(logits(steps, inputs).argmax())
    names = network.dataset.class_names
    with place:
        st.markdown(f"The network reads {image.words} as “**{names[answer]}**”.")
        label = st.selectbox(
            "True class",
            range(len(names)),
            index=image.label if image.label is not None else answer,
            format_func=lambda index: names[index],
            key=f"steps.label.{kept.run.dataset.name}.{hash(image.key)}",
            help="The loss and its gradients are about this class. Choose another one: what would the network learn then?",
            width=220,
        )
    return Subject(kept, network, image, int(label), steps)


def _tabs(subject: Subject) -> None:
    """Only the open tab is computed and sent; what is changed in it redraws it alone. The first one has something to show."""
    kinds = {step.kind for step in subject.steps}
    first = "Convolution" if "convolution" in kinds else "Dense" if "dense" in kinds else "Softmax"
    tabs = st.tabs([name for name, _ in VIEWS], default=first, key="steps_view", on_change="rerun")
    for (_, view), tab in zip(VIEWS, tabs, strict=True):
        if tab.open:
            with tab:
                st.fragment(view)(subject)
