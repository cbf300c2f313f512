"""The backprop microscope: one weight, the chain of derivatives that reaches it, and the step that it takes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from torch import Tensor, nn

from playground.errors import PlaygroundError
from playground.insight.arithmetic import Floats
from playground.insight.chain import Path, strongest_path
from playground.insight.finite_difference import FiniteDifference, try_it
from playground.insight.microscope import Gradient, WeightName, double, examine, largest_index, weight_tensors
from playground.insight.quick import quick
from playground.insight.step_trial import Trial, next_batch
from playground.insight.unit_paths import Blueprint
from playground.insight.written import written
from playground.ui.data_words import examples
from playground.ui.steps_chain import chain_part, check_part, forward_part, terms_part
from playground.ui.steps_moment import Moment, moment, put_back, trial
from playground.ui.steps_subject import Subject, number_from_one
from playground.ui.steps_taken import step_part

ONE_IMAGE, BATCH = "This one", "Its next batch"
# As many images at once as keep the page quick: multiply-adds of all of them together.
MOST_MULTIPLY_ADDS = 40_000_000
TENSORS = {"weight": "Weights", "bias": "Biases"}
# Small enough that no digit is cut off: the two derivatives are there to be compared.
_STYLE = """<style>
.st-key-steps_microscope_values [data-testid="stMetricValue"] {font-size:1.5rem;}
.st-key-steps_microscope_values [data-testid="stMetricValue"] * {overflow:visible; text-overflow:clip;}
</style>"""


@dataclass(frozen=True, eq=False)
class Lens:
    """One weight on its images.

    Attributes:
        key: all that its numbers depend on.
        titles: module -> what it is called on the page.
        about: the images in words.
    """

    key: Hashable
    weight: WeightName
    titles: dict[str, str]
    inputs: Tensor
    labels: Tensor
    about: str


@dataclass(frozen=True, eq=False)
class Seen:
    """What the microscope shows of it."""

    gradient: Gradient
    check: FiniteDifference
    path: Path | None


def microscope_view(subject: Subject) -> None:
    """The whole view."""
    st.markdown(
        "Pick **any weight**. *Backpropagation* goes from the loss back to it, layer by layer, and finds **dL/dw**: by how much "
        "the loss changes when this weight grows a little. The optimizer then takes a step against it."
    )
    tensors = weight_tensors(subject.network.network)
    if not tensors:
        st.info("This network has no weights: there is nothing to learn.", icon=":material/info:")
        return
    now, tried = moment(subject.kept), trial(subject)
    try:
        lens, seen = _look(subject, tensors, now, tried)
    except PlaygroundError as problem:
        st.warning(str(problem), icon=":material/error:")
        if tried.taken:
            st.button("Put back", icon=":material/undo:", on_click=put_back, key="steps.back_from_error")
        return
    gradient = seen.gradient
    st.html(_STYLE)
    with st.container(horizontal=True, key="steps_microscope_values"):
        st.metric("Weight w", written(gradient.value, 5), width=190, help="Its value now.")
        st.metric("Loss L", written(gradient.loss, 5), width=190, help=f"Of {lens.about}; of several, the mean.")
        st.metric("dL/dw", written(gradient.derivative, 5), width=190, help="By backpropagation, in 64-bit arithmetic.")
        st.metric("dL/dw by trying", written(seen.check.value, 5), width=190, help="The same, found without any calculus.")
    check_part(seen.check, gradient)
    forward_part(lens.titles, gradient, seen.path)
    chain_part(lens.titles, gradient, seen.path)
    terms_part(subject.network.network.get_submodule(lens.weight.module), gradient, lens.key)
    step_part(tried, lens.weight, lens.inputs, lens.labels, lens.about, now, gradient)
    if any(not isinstance(module, nn.Conv2d | nn.Linear) and _differs(module) for module in subject.network.network):
        st.caption(
            "All of this is about the network as it answers: dropout is off, and batch norm uses its kept averages, so that the "
            "same question has the same answer each time. While it trains, both add some chance."
        )


def _look(subject: Subject, tensors: Sequence[tuple[str, str, tuple[int, ...]]], now: Moment, tried: Trial) -> tuple[Lens, Seen]:
    titles = _titles(subject)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        module, tensor, shape = _tensor(subject, tensors, titles)
        images, labels, about = _images(subject, now)
    network = double(tried.network)
    inputs = subject.network.batches.inputs(images)
    keys, words = _index_widgets(subject, module, tensor, subject.network.network.get_submodule(module), shape)
    loss = tried.training.loss
    if any(key not in st.session_state for key in keys):
        with quick():
            first = examine(network, loss, WeightName(module, tensor, (0,) * len(shape)), inputs, labels)
        _point_at(keys, largest_index(first.tensor_gradient))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = tuple(
            number_from_one(word, size, key.rsplit(".", 1)[0], f"Which {word.lower()}, counted from 1.")
            for word, size, key in zip(words, shape, keys, strict=True)
        )
        weight = WeightName(module, tensor, index)
        with quick():
            gradient = examine(network, loss, weight, inputs, labels)
            check = try_it(network, loss, weight, inputs, labels)
            path = strongest_path(network, loss, weight, gradient.terms, inputs, labels)
        _jumps(keys, gradient.tensor_gradient)
    if "Input" in words:
        seen = Blueprint.of(subject.kept.run).seen_names(int(module.split("_", 1)[0]))
        if seen:
            st.caption(f"Input {index[-1] + 1} is {seen[index[-1]]}.")
    key = (subject.kept.moment, about, subject.label, subject.image.key, weight, len(tried.taken))
    return Lens(key, weight, titles, inputs, labels, about), Seen(gradient, check, path)


def _titles(subject: Subject) -> dict[str, str]:
    return {name: step.title for (name, _), step in zip(subject.network.network.named_children(), subject.steps, strict=True)}


def _tensor(
    subject: Subject, tensors: Sequence[tuple[str, str, tuple[int, ...]]], titles: dict[str, str]
) -> tuple[str, str, tuple[int, ...]]:
    modules = list(dict.fromkeys(name for name, _, _ in tensors))
    module = st.selectbox(
        "Layer", modules, format_func=titles.__getitem__, key=subject.key("lens.module"), persist_state="session", width=300
    )
    mine = {tensor: shape for name, tensor, shape in tensors if name == module}
    tensor = "weight"
    if len(mine) > 1:
        tensor = st.segmented_control(  # type: ignore[assignment]
            "Which numbers",
            list(mine),
            default=next(iter(mine)),
            required=True,
            format_func=lambda name: TENSORS.get(name, name),
            key=subject.key(f"lens.tensor.{module}"),
            persist_state="session",
        )
    return module, tensor, mine[tensor]


def _images(subject: Subject, now: Moment) -> tuple[Tensor, Tensor, str]:
    """Images or rows as in memory, their labels, and what they are in words."""
    choice = st.segmented_control(
        "Loss of",
        [ONE_IMAGE, BATCH],
        default=ONE_IMAGE,
        required=True,
        key="steps.lens.images",
        persist_state="session",
        help="One alone; or, as in training, the mean over the batch that the run would learn from next.",
    )
    if choice == ONE_IMAGE:
        return torch.from_numpy(subject.image.pixels)[None], subject.labels, subject.image.words
    size = subject.kept.run.training.batch_size
    cost = max(1, sum(report.multiply_adds for report in subject.network.reports))
    count = max(1, min(size, MOST_MULTIPLY_ADDS // cost))
    images, labels = next_batch(subject.network, now.epoch, now.offset, count)
    some = examples(subject.source, len(images))
    words = f"its next batch of {some}" if count == size else f"the first {some} of its next batch of {size}"
    return images, labels, words


def _index_widgets(
    subject: Subject, module: str, tensor: str, layer: nn.Module, shape: tuple[int, ...]
) -> tuple[list[str], tuple[str, ...]]:
    """The fields' keys, as `number_from_one` makes them, and their names."""
    if isinstance(layer, nn.Conv2d):
        words: tuple[str, ...] = ("Filter", "Input channel", "Row", "Column")
    elif isinstance(layer, nn.Linear):
        words = ("Neuron", "Input")
    else:
        words = ("Channel", "Row", "Column")
    names = words[: len(shape)]
    return [f"{subject.key(f'lens.{module}.{tensor}.{name}')}.{size}" for name, size in zip(names, shape, strict=True)], names


def _jumps(keys: Sequence[str], gradients: Floats) -> None:
    """Buttons that point the microscope at another number of the same tensor."""
    best = largest_index(gradients)
    st.button(
        "Largest gradient",
        icon=":material/bolt:",
        on_click=_point_at,
        args=(keys, best),
        key="steps.lens.largest",
        help="The number of this tensor that would change the loss most.",
    )
    st.button("Any", icon=":material/shuffle:", on_click=_point_anywhere, args=(keys, gradients.shape), key="steps.lens.any")


def _point_at(keys: Sequence[str], index: tuple[int, ...]) -> None:
    for key, place in zip(keys, index, strict=True):
        st.session_state[key] = place + 1


def _point_anywhere(keys: Sequence[str], shape: tuple[int, ...]) -> None:
    draws = np.random.default_rng()
    _point_at(keys, tuple(int(draws.integers(size)) for size in shape))


def _differs(module: nn.Module) -> bool:
    """Whether it works otherwise while training."""
    return isinstance(module, nn.Dropout | nn.BatchNorm1d | nn.BatchNorm2d)
