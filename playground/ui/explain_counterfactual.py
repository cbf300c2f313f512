"""What would change its mind: the smallest change found that makes the network answer another class."""

from __future__ import annotations

from collections.abc import Generator, Hashable
from typing import Any

import numpy as np
import streamlit as st

from playground import data
from playground.errors import PlaygroundError
from playground.figures.counterfactual import change_pictures, way_figure
from playground.figures.reading import named, percent, probability_bars
from playground.figures.theme import alt_text
from playground.insight.adversarial import LEVELS, ChangeOfMind, SmallestChange, Stored, search
from playground.insight.lead import first_answers
from playground.insight.networks import TrainedNetwork
from playground.insight.quick import quick
from playground.network import totals
from playground.ui import tasks
from playground.ui.chosen_image import ChosenImage
from playground.ui.looked_at import asked_network
from playground.ui.snapshots import Snapshot

SLOT = "change_of_mind"
MOST_BARS = 12
MANY, ONE = "Many small steps (PGD)", "One step (FGSM)"
# Some 1,000 images go through the network, forwards and backwards: about 0.15 s at this many multiply-adds an image.
QUICK_MULTIPLY_ADDS = 1_500_000
QUICK_LAYERS = 20


def view(kept: Snapshot, image: ChosenImage) -> None:
    """Choose the class to be answered; see the smallest change found, and what the network says to it."""
    try:
        trained = asked_network(kept)
        with quick():
            order = first_answers(trained, image.pixels)
    except PlaygroundError as problem:
        st.warning(str(problem), icon=":material/error:")
        return
    if len(order) < 2:
        st.info("This network knows one class only: there is nothing to change its mind to.", icon=":material/info:")
        return
    names = tuple(_name(data.source(kept.run.dataset).class_names, index) for index in range(len(order)))
    st.markdown(
        f"To this image the network answers **{named(names[order[0]])}**. How little must change until it answers something "
        "else? Each pixel is moved in the direction that the network's own gradient points to."
    )
    target, method = _choice(order, names)
    found = _found(kept, image, trained, target)
    if found is not None:
        _shown(found, method, image, names, kept)


def _choice(order: list[int], names: tuple[str, ...]) -> tuple[int, str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.selectbox(
            "Make it answer",
            order[1:],
            format_func=lambda index: names[index],
            key=f"mind_target.{order[0]}.{order[1]}.{len(order)}",
            width=200,
            help="The second most probable class comes first.",
        )
        method = st.segmented_control(
            "By",
            [MANY, ONE],
            default=MANY,
            required=True,
            key="mind_method",
            help="One step: all pixels change by the same amount at once (fast gradient sign method, Goodfellow et al., 2015). "
            "Many: small steps, each with a new gradient, none further than the limit (projected gradient descent, "
            "Madry et al., 2018); it usually gets by with less.",
        )
    return int(target), str(method)


def _found(kept: Snapshot, image: ChosenImage, trained: TrainedNetwork, target: int) -> ChangeOfMind | None:
    """At once for a small network, by a worker for a large one. None while there is no answer; the page has said so."""
    question: Hashable = (SLOT, kept.moment, image.key, target)
    if totals(kept.run, trained.reports).multiply_adds > QUICK_MULTIPLY_ADDS or len(trained.reports) > QUICK_LAYERS:
        answer = tasks.ask(
            SLOT,
            question,
            "playground.insight.adversarial:change_of_mind",
            lambda: {"run_json": kept.run.to_json(), "weights": kept.weights.tensors, "pixels": image.pixels, "target": target},
        )
        if answer.status == "waiting":
            tasks.progress(SLOT, "Looking for a small change:")
        elif answer.status != "done":
            tasks.show_problem(answer, question)
        return answer.result if answer.status == "done" else None
    known: tuple[Hashable, ChangeOfMind] | None = st.session_state.get(SLOT)
    if known is None or known[0] != question:
        try:
            known = (question, _in_turns(search(trained, image.pixels, target)))
        except PlaygroundError as problem:
            st.warning(str(problem), icon=":material/error:")
            return None
        st.session_state[SLOT] = known
    return known[1]


def _in_turns(steps: Generator[Any, None, ChangeOfMind]) -> ChangeOfMind:
    """Runs it to its end; other visitors get their turn between two steps."""
    while True:
        with quick():
            try:
                next(steps)
            except StopIteration as finished:
                return finished.value  # type: ignore[no-any-return]


def _shown(found: ChangeOfMind, method: str, image: ChosenImage, names: tuple[str, ...], kept: Snapshot) -> None:
    change = found.many_steps if method == MANY else found.one_step
    wanted = named(names[found.target])
    if found.flat:
        st.info(
            f"Here the network's slope is exactly 0: no pixel makes any difference to “{names[found.target]}”, so no direction "
            "leads there. Most often its neurons are silent, or its outputs stuck at an end.",
            icon=":material/trending_flat:",
        )
        return
    if change is None:
        other = " Many small steps may." if method == ONE and found.many_steps is not None else ""
        st.info(
            f"**Not found.** No change was found that makes it answer {wanted}, not even with every pixel free to become black "
            f"or white. That is no proof that there is none.{other}",
            icon=":material/search_off:",
        )
    else:
        _change(found, change, image, names, wanted)
    figure = way_figure(
        found.epsilons,
        found.target_shares,
        found.answer_shares,
        (names[found.target], names[found.answer]),
        (found.one_step.epsilon if found.one_step else None, found.many_steps.epsilon if found.many_steps else None),
    )
    st.markdown("##### The further all pixels go in one step")
    st.plotly_chart(figure, key="mind_way", config={"displayModeBar": False}, alt=alt_text(figure))
    smallest = " That is the smallest **found**; nobody has proven that there is no smaller one." if change else ""
    st.caption(
        f"The curves: one step of each strength (FGSM). One step: {_needs(found.one_step)}. Many small steps: "
        f"{_needs(found.many_steps)}.{smallest} "
        f"Weights {kept.when}."
    )


def _needs(change: SmallestChange | None) -> str:
    return "not found at any strength" if change is None else f"±{change.epsilon * LEVELS:.3g} of 255"


def _change(found: ChangeOfMind, change: SmallestChange, image: ChosenImage, names: tuple[str, ...], wanted: str) -> None:
    """The pictures, the numbers, and whether the change survives being stored."""
    levels = change.epsilon * LEVELS
    moved = int((np.abs(change.image * LEVELS - image.pixels) >= 0.5).any(axis=0).sum())
    st.markdown(
        f"**±{levels:.3g} of 255 grey levels ({change.epsilon:.1%} of black to white) are enough**: no pixel changes by more, "
        f"{moved:,} of {image.pixels[0].size:,} change by half a grey level or more, and the network answers {wanted}. "
        "Smallest change found, not proven smallest."
    )
    shown = change.rounded if change.rounded.answer == found.target else change.stored or change.rounded
    before, after = (_says(names, index, shares) for index, shares in ((found.answer, found.probabilities), _answer(shown)))
    st.html(change_pictures(image.pixels, shown.pixels, shown.levels or 1, before, after))
    _survival(found, change, names)
    rows = _worth_showing(found, shown)
    some, label = tuple(names[row] for row in rows), rows.index(image.label) if image.label in rows else None
    for place, title, shares in zip(
        st.columns(2), ("Before", f"After ±{shown.levels} of 255"), (found.probabilities, shown.probabilities), strict=True
    ):
        with place:
            st.markdown(f"**{title}**")
            st.html(probability_bars(shares[rows], some, label))
    if len(rows) < len(names):
        st.caption(f"The likeliest of {len(names)} classes.")


def _worth_showing(found: ChangeOfMind, shown: Stored) -> list[int]:
    """Both answers, and the classes that are likeliest before or after; in the classes' own order."""
    order = np.argsort(-np.maximum(found.probabilities, shown.probabilities), kind="stable").tolist()
    chosen = dict.fromkeys([found.answer, found.target, shown.answer, *order])
    return sorted(list(chosen)[:MOST_BARS])


def _survival(found: ChangeOfMind, change: SmallestChange, names: tuple[str, ...]) -> None:
    """An image file holds 256 grey levels: is the changed image still answered so when it is stored?"""
    share = float(change.rounded.probabilities[change.rounded.answer])
    if change.rounded.answer == found.target:
        st.caption(
            f"It **survives rounding** to the 256 grey levels of an image file: rounded, the network still says "
            f"{named(names[found.target])}, {percent(share)} sure. Picture and bars show the rounded image."
        )
        return
    said = named(names[change.rounded.answer])
    back = f"It does **not survive rounding** to the 256 grey levels of an image file: rounded, the network says {said}."
    if change.stored is None:
        st.caption(f"{back} None of the changes tried does. Picture and bars show the rounded image.")
    else:
        st.caption(f"{back} The smallest change found that does is ±{change.stored.levels}; picture and bars show that one.")


def _answer(stored: Stored) -> tuple[int, Any]:
    return stored.answer, stored.probabilities


def _says(names: tuple[str, ...], index: int, shares: Any) -> str:
    return f"{named(names[index])}, {percent(float(shares[index]))} sure"


def _name(names: tuple[str, ...], index: int) -> str:
    return names[index] if index < len(names) else f"output {index + 1}"
