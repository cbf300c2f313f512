"""From a drawing to what the network sees: each step as a picture with its reason, and a switch that leaves it out."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import streamlit as st

from playground.drawing import Preparation, Prepared, Step, prepare
from playground.figures.images import diverging_pixels
from playground.figures.reading import step_picture
from playground.insight.reading import Reading
from playground.ui.draw_networks import Network
from playground.ui.draw_sources import Pixels, Subject

NORMALISE = "normalise"
_CARD_PIXELS = 150


def preparation(subject: Subject) -> Preparation:
    """The steps that are switched on."""
    return Preparation(
        crop=_is_on("crop"),
        pen=_is_on("pen"),
        scale=_is_on("scale"),
        centre_of_mass=_is_on("centre_of_mass"),
        invert=subject.invert,
    )


def prepared(subject: Subject) -> Prepared | None:
    """The subject brought into MNIST's form; None when there is no picture to prepare."""
    if subject.pixels is None:
        return None
    pixels = subject.pixels
    result = _prepared(pixels.tobytes(), pixels.shape, preparation(subject))
    return None if result.is_empty else result


def scale_in_use(network: Network) -> tuple[float, float]:
    """Mean and spread by which pixels are standardised now: the network's own, or none when that is switched off."""
    return network.scale if _is_on(NORMALISE) else (0.0, 1.0)


def steps_view(subject: Subject, done: Prepared | None, network: Network | None, reading: Reading | None) -> None:
    """One card a step, in order. All keep their places when there is nothing to show."""
    if subject.image is None:
        words = (
            "**How your picture is prepared.** MNIST's digits were prepared like this. Switch a step off, and see what it is for."
        )
    else:
        words = "**Already prepared.** This was done when the data set was made: the image goes straight to the last step."
    st.markdown(words)
    with st.container(horizontal=True, key="draw_steps"):
        if subject.image is None:
            for step in done.steps if done else _blank(preparation(subject)):
                _card(step)
        _normalise_card(network, reading)


def _card(step: Step) -> None:
    with st.container(width=_CARD_PIXELS, gap="xxsmall"):
        if step.name == "ink":
            st.markdown(f"**{step.title}**")
        else:
            st.toggle(step.title, value=True, key=f"step.{step.name}", persist_state="session")
        st.html(step_picture(step.image, step.name == "ink" or _is_on(step.name), f"After the step “{step.title}”"))
        st.caption(step.explanation)


def _normalise_card(network: Network | None, reading: Reading | None) -> None:
    mean, spread = network.scale if network else (0.0, 1.0)
    learned_so = network is None or network.run.dataset.normalise
    with st.container(width=_CARD_PIXELS, gap="xxsmall"):
        on = st.toggle("Normalise", value=True, key=f"step.{NORMALISE}", persist_state="session", disabled=not learned_so)
        inputs = reading.inputs if reading else np.zeros((28, 28), np.float32)
        st.html(step_picture(diverging_pixels(inputs), True, "What reaches the first layer: blue above zero, orange below"))
        if not learned_so:
            st.caption("This network learned from plain pixels, black 0 to white 1, and gets them so.")
        elif on:
            words = "Shift and stretch the pixels as in training"
            numbers = f": black becomes {-mean / spread:.2f}, white {(1 - mean) / spread:.2f}" if network else ""
            st.caption(f"{words}{numbers}. Orange is below 0, blue above.")
        else:
            st.caption("Switched off: black is 0 and white 1, which this network never saw in training.")


def _is_on(step: str) -> bool:
    return bool(st.session_state.get(f"step.{step}", True))


@lru_cache(maxsize=16)
def _prepared(pixels: bytes, shape: tuple[int, ...], steps: Preparation) -> Prepared:
    """Kept, because the same drawing is read again and again while a network learns."""
    return prepare(np.frombuffer(pixels, np.uint8).reshape(shape), steps)


@lru_cache(maxsize=64)
def _blank(steps: Preparation) -> tuple[Step, ...]:
    """The steps' titles and words with black pictures, for as long as nothing is drawn."""
    stroke: Pixels = np.zeros((100, 100), np.uint8)
    stroke[10:90, 49:51] = 255
    black = np.zeros((28, 28), np.uint8)
    return tuple(
        Step(step.name, step.title, step.explanation, black, step.applied)
        for step in _prepared(stroke.tobytes(), stroke.shape, steps).steps
    )
