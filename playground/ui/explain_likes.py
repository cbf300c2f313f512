"""What a neuron, a channel or a class likes most: a picture made for it, and the real images that it answers most strongly."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from playground import data
from playground.figures.neighbours import PictureCard, picture_cards, three_digits
from playground.figures.preferred import climb_figure
from playground.figures.reading import named, percent
from playground.figures.theme import alt_text
from playground.insight.networks import SplitName
from playground.insight.preferred import Pooling, Preferred, Units, choosable_units, unit_value
from playground.insight.quick import quick
from playground.insight.top_images import Box, TopImages, seen_part
from playground.network import trace
from playground.ui import tasks
from playground.ui.chosen_image import ChosenImage
from playground.ui.looked_at import asked_network
from playground.ui.snapshots import Snapshot

MADE, REAL = "preferred_image", "top_images"
_POOLINGS: dict[Pooling, str] = {"strongest": "Strongest place", "average": "Average over the image"}
_SPLITS: tuple[SplitName, ...] = ("test", "validation", "training")


def view(kept: Snapshot, image: ChosenImage) -> None:
    """Choose a unit; see what drives it, and what it says to the chosen image."""
    source = data.source(kept.run.dataset)
    reports = trace(kept.run.network, source.input_shape)
    layers = choosable_units(reports)
    if not layers:
        st.info("This network has no layers, so there is no neuron to ask.", icon=":material/info:")
        return
    st.markdown(
        "Every neuron looks for something. Here is what drives one of them most: **a picture made for it**, pixel by pixel, "
        "and the **real images** that it answers most strongly."
    )
    trained = asked_network(kept)
    units, unit, pooling = _choice(layers, trained.output_names)
    split = _split(kept)
    steps, blur, jitter, l2 = _regularisers()
    what = _unit_name(units, unit, trained.output_names)
    asked = {
        "run_json": kept.run.to_json(),
        "weights": kept.weights.tensors,
        "layer": units.layer,
        "unit": unit,
        "pooling": pooling,
    }
    real_question = (REAL, kept.moment, units.layer, unit, pooling, split)
    real = tasks.ask(REAL, real_question, "playground.insight.top_images:top_images", lambda: {**asked, "split": split})
    made_question = (MADE, kept.moment, units.layer, unit, pooling, steps, blur, jitter, l2)
    made = tasks.ask(
        MADE,
        made_question,
        "playground.insight.preferred:preferred_image",
        lambda: {**asked, "steps": steps, "blur": blur, "jitter": jitter, "l2": l2},
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(f"##### Made for {what}")
        if _ready(made, MADE, made_question, "Climbing:"):
            box = None
            if units.is_map and pooling == "strongest":
                _, height, width = reports[units.layer].output_shape
                box = seen_part(reports, units.layer, height // 2, width // 2)
            _made(made.result, real.result, kept, source.class_names, _regularisers_in_words(blur, jitter, l2, box), box)
    with right:
        st.markdown(f"##### The {split} images that {what} answers most strongly")
        if _ready(real, REAL, real_question, "Asking the network:"):
            _real(real.result, kept, pooling if units.is_map else None)
            with quick():
                own = unit_value(trained, image.pixels, units.layer, unit, pooling)
            st.markdown(f"For comparison, {image.words}: **{_value(*own)}**.")


def _choice(layers: tuple[Units, ...], names: tuple[str, ...]) -> tuple[Units, int, Pooling]:
    """The layer, the unit in it, and for channels what counts as its value."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by_index = {units.layer: units for units in layers}
        chosen = st.selectbox(
            "Layer",
            list(by_index),
            index=len(layers) - 1,
            format_func=lambda index: _layer_name(by_index[index]),
            key=f"likes_layer.{len(layers)}.{layers[-1].layer}",
            width=300,
            help="Early layers look for edges and dots, later ones for parts, the last one for classes.",
        )
        units = by_index[chosen]
        if units.is_output:
            unit = st.selectbox(
                "Class",
                range(units.count),
                format_func=lambda index: _class_name(index, names),
                key=f"likes_class.{units.layer}.{units.count}",
                width=200,
            )
        else:
            unit = (
                st.number_input(
                    f"{'Channel' if units.is_map else 'Neuron'}, 1 to {units.count}",
                    1,
                    units.count,
                    key=f"likes_unit.{units.layer}.{units.count}",
                    width=200,
                    help="A channel is one filter's answers, a value for each place." if units.is_map else None,
                )
                - 1
            )
        pooling: Pooling = "strongest"
        if units.is_map:
            pooling = st.segmented_control(  # type: ignore[assignment]
                "Its value for an image",
                list(_POOLINGS),
                default="strongest",
                required=True,
                format_func=lambda name: _POOLINGS[name],
                key="likes_pooling",
                help="A channel has one value for each place of the image: take the largest, or their mean.",
            )
    return units, int(unit), pooling


def _split(kept: Snapshot) -> SplitName:
    dataset = kept.run.dataset
    has_validation = dataset.validation_share > 0 or dataset.folds is not None
    splits = [name for name in _SPLITS if name != "validation" or has_validation]
    chosen: SplitName = st.segmented_control(  # type: ignore[assignment]
        "Real images from",
        splits,
        default="test",
        required=True,
        format_func=str.capitalize,
        key=f"likes_split.{len(splits)}",
        help="Test images are those that it never learned from.",
    )
    return chosen


def _regularisers() -> tuple[int, float, int, float]:
    """Steps, blur, jitter and L2: what keeps the made picture from being mere noise."""
    with st.expander("How the picture is made", icon=":material/tune:"):
        st.markdown(
            "It starts from grey noise, always the same, and takes small steps in the direction that raises the neuron's value "
            "(**gradient ascent**; Erhan et al., 2009). Left alone, that ends in specks that excite the network and tell us "
            "nothing. Three **regularisers** keep it smooth; set them to 0 to see the picture without."
        )
        columns = st.columns(4)
        with columns[0]:
            steps = st.slider("Steps", 20, 500, 150, 10, key="likes_steps", help="How often all pixels are changed a little.")
        with columns[1]:
            blur = st.slider(
                "Blur",
                0.0,
                2.0,
                0.6,
                0.1,
                key="likes_blur",
                help="Smooths after every fourth step; width in pixels (Yosinski et al., 2015).",
            )
        with columns[2]:
            jitter = st.slider(
                "Jitter",
                0,
                4,
                1,
                key="likes_jitter",
                help="Shifts the image by up to so many pixels before each step (Mordvintsev et al., 2015).",
            )
        with columns[3]:
            l2 = st.slider(
                "L2",
                0.0,
                0.1,
                0.01,
                0.005,
                format="%.3f",
                key="likes_l2",
                help="The share by which every pixel shrinks towards black after each step (Yosinski et al., 2015).",
            )
    return steps, blur, jitter, l2


def _regularisers_in_words(blur: float, jitter: int, l2: float, box: Box | None) -> str:
    # Jitter would shift the pattern out of the one place's sight.
    return f"blur {blur:g}, jitter {jitter if box is None else 'none (one place is looked at)'}, L2 {l2:g}"


def _made(
    made: Preferred, real: TopImages | None, kept: Snapshot, names: tuple[str, ...], regularisers: str, box: Box | None
) -> None:
    st.html(picture_cards([PictureCard(made.image, _value(made.sum, made.activation), box=_corners(box))], 190))
    if box is not None:
        st.caption("It was climbed at the place in the middle of the map, which sees only what is in the frame.")
    strongest = float(real.sums[0]) if real is not None and len(real.sums) else None
    if strongest is not None and real is not None:
        near = abs(made.sum - strongest) < 1e-4 * abs(strongest)
        compared = "as much as" if near else "more than" if made.sum > strongest else "less than"
        st.markdown(
            f"This picture reaches **{three_digits(made.sum)}**, {compared} the strongest of {real.seen:,} real images: "
            f"**{three_digits(strongest)}**."
        )
    if made.probabilities is not None:
        best = int(made.probabilities.argmax())
        st.markdown(
            f"The whole network takes this picture for {named(_class_name(best, names))}, "
            f"{percent(float(made.probabilities[best]))} sure. It has no word for “none of them”."
        )
    figure = climb_figure(made.path, made.sum, strongest)
    st.plotly_chart(figure, key="likes_climb", config={"displayModeBar": False}, alt=alt_text(figure))
    st.caption(f"Regularisers: {regularisers}. All values before the activation function. Weights {kept.when}.")


def _real(real: TopImages, kept: Snapshot, pooling: Pooling | None) -> None:
    dataset = data.load(kept.run.dataset)
    images = dataset.x_test if real.split == "test" else dataset.x_train
    boxes = real.boxes if real.boxes is not None and pooling == "strongest" else (None,) * len(real.indices)
    cards = [
        PictureCard(
            images[int(index)].numpy(),
            _class_name(int(label), dataset.class_names),
            _value(float(value), float(activation)),
            box=_corners(box),
        )
        for index, label, value, activation, box in zip(
            real.indices, real.labels, real.sums, real.activations, boxes, strict=True
        )
    ]
    st.html(picture_cards(cards))
    words = [f"Out of {real.seen:,} {real.split} images."]
    if real.sums.tolist() != real.activations.tolist():
        words.append("Below each: the sum, and what the activation function makes of it.")
    if pooling == "strongest":
        words.append("The frame is all that the channel's strongest place can see (its **receptive field**).")
    if real.silent == real.seen:
        words.append(
            "**Its activation is 0 for every one of them: it is silent**; these are the ones that come nearest to waking it."
        )
    elif real.silent:
        words.append(f"To {real.silent:,} of them its activation is exactly 0.")
    st.caption(" ".join(words))


def _ready(answer: tasks.Answer, slot: str, question: Hashable, text: str) -> bool:
    if answer.status == "waiting":
        tasks.progress(slot, text)
    elif answer.status != "done":
        tasks.show_problem(answer, question)
    return answer.status == "done"


def _value(before: float, after: float) -> str:
    """The sum, and what the activation function makes of it where that is something else."""
    alike = abs(before - after) <= 1e-6 * max(1.0, abs(before))
    return three_digits(before) if alike else f"{three_digits(before)} → {three_digits(after)}"


def _corners(box: Box | None) -> tuple[int, int, int, int] | None:
    return (box.top, box.left, box.bottom, box.right) if box else None


def _layer_name(units: Units) -> str:
    if units.is_output:
        return f"The classes (layer {units.layer + 1}, {units.title})"
    return f"Layer {units.layer + 1}: {units.title}, {units.count} {'channels' if units.is_map else 'neurons'}"


def _unit_name(units: Units, unit: int, names: tuple[str, ...]) -> str:
    if units.is_output:
        return f"class “{_class_name(unit, names)}”"
    return f"{'channel' if units.is_map else 'neuron'} {unit + 1} of layer {units.layer + 1}"


def _class_name(index: int, names: tuple[str, ...]) -> str:
    return names[index] if index < len(names) else f"output {index + 1}"
