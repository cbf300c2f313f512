"""Which pixels the answer hangs on, by the method and for the class that one chooses."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st
import torch

from playground import data
from playground.figures.attribution import attribution_cards, attribution_figure, colour_limit
from playground.figures.reading import named
from playground.figures.theme import alt_text
from playground.insight.attribution import Attribution, attribute_now, convolutions, is_quick
from playground.insight.attribution_methods import METHODS, METHODS_BY_SLUG
from playground.insight.attribution_types import Knob, Method
from playground.insight.networks import TrainedNetwork
from playground.insight.quick import quick
from playground.ui import tasks
from playground.ui.chosen_image import ChosenImage
from playground.ui.looked_at import asked_network
from playground.ui.snapshots import Snapshot

SLOT = "attribution"
PICTURE = "explain_picture"
# On a phone the map stands above the settings.
_STYLE = f"""<style>@media (max-width: 640px) {{[data-testid="stColumn"]:has(.st-key-{PICTURE}) {{order:-1;}}}}</style>"""
_KEPT = "explain_attribution"
_METHOD = "explain_method"
TINY = 1e-6

# What the number is that the map explains.
_OUTPUTS = {
    "any": "its score, before it becomes a probability",
    "probabilities": "its probability",
    "log-probabilities": "the logarithm of its probability",
}


def attribution_view(kept: Snapshot, image: ChosenImage) -> None:
    """The choices beside the map, its scale, and the check where there is one."""
    trained = asked_network(kept)
    names = data.source(kept.run.dataset).class_names
    with quick(), torch.inference_mode():
        predicted = int(trained.class_scores(image.inputs(trained))[0].argmax())
    method = _method()
    st.html(_STYLE)
    st.markdown(f"{method.help} {method.reading}")
    choices, picture = st.columns([2, 3], gap="medium")
    with choices:
        target = _target(names, predicted)
        settings = {knob.name: _widget(method, knob) for knob in method.knobs}
        there = convolutions(trained)
        if method.needs_convolution and there:
            settings["layer"] = _convolution(there)
        st.caption(f"Method: {method.paper}")
    with picture, st.container(key=PICTURE):
        if method.needs_convolution and not there:
            _no_convolution()
            return
        found = _found(kept, trained, image, target, method, settings)
        if found is not None:
            output = trained.reports[-1].layer.activation_entry().output
            _map(found, image, method, named(names[target]), _OUTPUTS[output])
    if st.toggle("All methods side by side", key="explain_all_methods", help="For the same class, each with its usual settings."):
        _side_by_side(trained, image, target)


def _method() -> Method:
    slug = st.pills(
        "Method",
        [method.slug for method in METHODS],
        default=METHODS[1].slug,
        required=True,
        format_func=lambda slug: METHODS_BY_SLUG[slug].title,
        key=_METHOD,
        persist_state="session",
        help="Each asks another question; none of them is the whole truth.",
    )
    return METHODS_BY_SLUG[str(slug)]


def _target(names: tuple[str, ...], predicted: int) -> int:
    """The class to be explained: its own answer, or any other."""
    answer = "answer"
    options: list[str | int] = [answer, *range(len(names))]
    chosen = st.selectbox(
        "What speaks for",
        options,
        format_func=lambda place: f"its answer: {named(names[predicted])}" if place == answer else named(names[int(place)]),
        key=f"explain_target.{len(names)}",
        persist_state="session",
        help="Ask for the wrong classes too: what would have spoken for them?",
    )
    return predicted if chosen == answer else int(chosen)


def _widget(method: Method, knob: Knob) -> float:
    low, high, step, default = (int(number) for number in (knob.low, knob.high, knob.step, knob.default))
    key = f"explain.{method.slug}.{knob.name}"
    return float(st.slider(knob.title, low, high, default, step, key=key, persist_state="session", help=knob.help))


def _convolution(there: dict[int, str]) -> float:
    places = list(there)
    return float(
        st.selectbox(
            "Convolution",
            places,
            len(places) - 1,
            format_func=lambda place: f"{place + 1}. {there[place]}",
            key=f"explain_convolution.{len(places)}.{places[-1]}",
            help="Late ones know patterns, but hardly places; early ones the other way round.",
        )
    )


def _no_convolution() -> None:
    st.info(
        "This network has no convolution, and so no maps that Grad-CAM could weigh. The other methods work with any network.",
        icon=":material/grid_off:",
    )
    other = METHODS[1]
    st.button(f"Show {other.title.lower()}", icon=":material/swap_horiz:", on_click=_choose, args=(other.slug,))


def _choose(slug: str) -> None:
    st.session_state[_METHOD] = slug


def _found(
    kept: Snapshot, trained: TrainedNetwork, image: ChosenImage, target: int, method: Method, settings: dict[str, float]
) -> Attribution | None:
    """Small networks answer at once; large ones are asked in a worker. None while there is no answer."""
    question: Hashable = (SLOT, kept.moment, image.key, target, method.slug, tuple(settings.items()))
    if is_quick(trained, method, settings):
        known: tuple[Hashable, Attribution] | None = st.session_state.get(_KEPT)
        if known is None or known[0] != question:
            known = (question, attribute_now(trained, image.inputs(trained), target, method.slug, settings))
            st.session_state[_KEPT] = known
        return known[1]
    answer = tasks.ask(
        SLOT,
        question,
        "playground.insight.attribution:attribution",
        lambda: {
            "run_json": kept.run.to_json(),
            "weights": kept.weights.tensors,
            "image": image.pixels,
            "target": target,
            "slug": method.slug,
            "settings": settings,
        },
    )
    if answer.status == "waiting":
        tasks.progress(SLOT, f"{method.title}:")
        return None
    if answer.status != "done":
        tasks.show_problem(answer, question)
        return None
    result: Attribution = answer.result
    return result


def _map(found: Attribution, image: ChosenImage, method: Method, name: str, output: str) -> None:
    figure = attribution_figure(found.values, image.pixels, f"{method.title} for {name} over {image.words}")
    st.plotly_chart(figure, key="explain_attribution_figure", config={"displayModeBar": False}, alt=alt_text(figure))
    if not found.values.any():
        st.info("Every value is 0: here this output hangs on no pixel at all.", icon=":material/exposure_zero:")
        return
    st.caption(
        f"The network's output for {name} is **{found.output:.4g}** ({output}). The darkest colours stand for "
        f"±{colour_limit(found.values):.2g} or beyond; the values go from {found.values.min():.3g} to {found.values.max():.3g}."
    )
    if np.abs(found.values).max() < TINY * abs(found.output):
        st.caption("These numbers are next to nothing beside the output: hardly any pixel makes a difference to it.")
    if found.coarse is not None:
        rows, columns = found.coarse.shape
        st.caption(f"The layer's own map has {rows} × {columns} values; it is stretched over the image.")
    if found.attributed is not None and found.difference is not None:
        _check(found.attributed, found.difference, name)


def _side_by_side(trained: TrainedNetwork, image: ChosenImage, target: int) -> None:
    """All that a small network answers at once. Where they agree, one may believe them more."""
    there = convolutions(trained)
    shown = [method for method in METHODS if (there or not method.needs_convolution) and is_quick(trained, method, {})]
    inputs = image.inputs(trained)
    maps = [(method.title, attribute_now(trained, inputs, target, method.slug, {}).values) for method in shown]
    if maps:
        st.html(attribution_cards(maps, image.pixels))
    words = "Each has its own scale: the darkest colours are its strongest values."
    left = [method.title for method in METHODS if method not in shown]
    st.caption(f"{words} Not here: {', '.join(left)} (this network has no convolution, or is too large)." if left else words)


def _check(attributed: float, difference: float, name: str) -> None:
    """Completeness: the pixels' shares must make up the whole difference."""
    gap = abs(attributed - difference)
    share = f", {gap / abs(difference):.2%} of it" if difference else ""
    st.markdown(
        f":material/fact_check: **The check.** All pixels together: **{attributed:.5g}**. The output for {name} on this image, "
        f"minus that on a black one: **{difference:.5g}**. They should be equal; they are {gap:.2g} apart{share}. "
        "More steps bring them closer."
    )
