"""Step by step: the arithmetic of the network with its real numbers, forwards and backwards.

A view is one function of a `Subject`, and one line in `VIEWS`.
"""

from __future__ import annotations

import streamlit as st
import torch

from playground import data
from playground.errors import PlaygroundError
from playground.insight.arithmetic import logits, walk
from playground.insight.networks import TrainedNetwork
from playground.insight.quick import quick
from playground.insight.step_trial import read_ahead
from playground.ui.chosen_image import ChosenImage, row_values
from playground.ui.looked_at import asked_network, image_picker, network_picker
from playground.ui.snapshots import Snapshot
from playground.ui.steps_convolution import convolution_view
from playground.ui.steps_ending import loss_view, softmax_view
from playground.ui.steps_layers import activation_view, dense_view, pooling_view
from playground.ui.steps_microscope import microscope_view
from playground.ui.steps_subject import Subject
from playground.ui.views import CLASSES, PICTURES, View, show_tabs

VIEWS: tuple[View[Subject], ...] = (
    View("Convolution", convolution_view, PICTURES),
    View("Pooling", pooling_view, PICTURES),
    View("Dense", dense_view),
    View("Activation", activation_view),
    View("Softmax", softmax_view, CLASSES),
    View("Loss", loss_view),
    View("Backprop microscope", microscope_view),
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
    row_values(image, data.source(kept.run.dataset))
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
    names = network.dataset.class_names
    if not names:
        with place:
            return Subject(kept, network, image, _target(kept, network, image, float(logits(steps, inputs)[0])), steps)
    answer = int(network.run.training.loss.predicted(torch.from_numpy(logits(steps, inputs))[None]))
    with place:
        reads = "reads" if image.pixels.ndim == 3 else "takes"
        st.markdown(f"The network {reads} {image.words} {'as' if reads == 'reads' else 'for'} “**{names[answer]}**”.")
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


def _target(kept: Snapshot, network: TrainedNetwork, image: ChosenImage, output: float) -> float:
    """The standardised target of a regression; the learner may choose another one."""
    batches, name = network.batches, network.dataset.target_name
    said = output * batches.target_spread + batches.target_mean
    st.markdown(f"For {image.words}, the network says **{said:.4g}** ({name}).")
    chosen = st.number_input(
        "True value",
        value=image.target if image.target is not None else said,
        format="%.4g",
        key=f"steps.target.{kept.run.dataset.name}.{hash(image.key)}",
        help="The loss and its gradients are about this value. Choose another one: what would the network learn then?",
        width=220,
    )
    return (float(chosen) - batches.target_mean) / batches.target_spread


def _tabs(subject: Subject) -> None:
    """Only the open tab is computed and sent; what is changed in it redraws it alone. The first one has something to show."""
    kinds = {step.kind for step in subject.steps}
    first = "Convolution" if "convolution" in kinds else "Dense" if "dense" in kinds else "Loss"
    show_tabs(VIEWS, subject.kept.run, "steps_view", lambda view: st.fragment(view.draw)(subject), first)
