"""The loss around the network's weights, and the way that its training took."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from playground import data
from playground.errors import PlaygroundError
from playground.figures.landscape import PathMark, contour_figure, surface_figure
from playground.figures.theme import alt_text
from playground.insight.directions import FEWEST_MOMENTS
from playground.insight.landscape import Kind, Landscape, Moment
from playground.store.values import CheckpointInfo
from playground.ui import maps_choices as choices
from playground.ui import session, tasks
from playground.ui.data_words import noun
from playground.ui.figure_view import figure_view
from playground.ui.snapshots import Snapshot

MOST_MOMENTS = 25
MOST_MOMENT_BYTES = 60_000_000
_KINDS: dict[Kind, str] = {"random": "Random", "trajectory": "Along the training's path"}
_REACHES = (0.1, 0.25, 0.5, 1.0, 2.0)
_PLAIN = {"displayModeBar": False, "scrollZoom": False}  # the wheel belongs to the page


def landscape_view(kept: Snapshot) -> None:
    """Choices, the surface or its contours, and what has been checked."""
    trained = choices.network(kept)
    if trained is None:
        return
    st.markdown(
        "Change all weights a little, and the loss changes: **a landscape, with the network in a valley**. It has as many "
        "directions as there are weights; the map shows two. Learning means walking downhill."
    )
    moments = _moments(kept)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind: Kind = st.segmented_control(  # type: ignore[assignment]
            "Directions",
            list(_KINDS),
            default="random",
            required=True,
            format_func=_KINDS.__getitem__,
            key="landscape_kind",
            persist_state="session",
            help="Random: two directions drawn by chance; each neuron's and filter's part is as long as its own weights. "
            "Along the path: the two directions in which the training moved most (PCA of its saved moments).",
        )
        with choices.more("landscape_more", "Map and data"):
            split = choices.split_choice("landscape_split", ("training", "validation"))
            number = choices.number_choice("landscape_number", 1000)
            points, reach = _size_choice(kind)
        seed = int(st.session_state.get("landscape_seed", 0))
        if kind == "random":
            st.button("Other directions", icon=":material/casino:", on_click=_other, args=(seed + 1,), key="landscape_other")
    images = choices.images_there(trained, split, number)
    if not images:
        return
    if kind == "trajectory" and len(moments) < FEWEST_MOMENTS:
        there = "No moment" if not moments else "One moment" if len(moments) == 1 else f"{len(moments)} moments"
        st.info(
            f"{there} of this training can be seen so far; its main directions need at least {FEWEST_MOMENTS}. "
            "Train for more epochs, or choose random directions.",
            icon=":material/timeline:",
        )
        return
    wish = {"split": split, "kind": kind, "points": points, "reach": reach, "images": images, "seed": seed}
    found = _asked(kept, wish, moments)
    if found is not None:
        _shown(kept, found)


def _size_choice(kind: Kind) -> tuple[int, float]:
    """How many places the map has on either axis, and how far it goes."""
    points = st.select_slider(
        "Grid",
        (11, 15, 19, 25),
        value=11,
        format_func=lambda count: f"{count} × {count}",
        key="landscape_points",
        persist_state="session",
        help="At how many places the loss is computed. More show finer valleys, and take longer.",
    )
    reach = st.select_slider(
        "Range",
        _REACHES,
        value=1.0,
        format_func=lambda value: f"± {value:g}" if kind == "random" else f"{value:g} ×",
        key=f"landscape_reach.{kind}",
        persist_state="session",
        help="How far the map goes. Random: 1 is as far as each filter is long. Along the path: 1 shows all of the path.",
    )
    return int(points), float(reach)


def _asked(kept: Snapshot, wish: dict[str, Any], moments: list[CheckpointInfo]) -> Landscape | None:
    """The landscape, or None while it is computed or when there is none: that is told."""
    question = ("landscape", kept.moment, *wish.values(), *(moment.number for moment in moments))
    try:
        answer = tasks.ask(
            choices.SLOT,
            question,
            "playground.insight.landscape:landscape",
            lambda: {
                "run_json": kept.run.to_json(),
                "weights": kept.weights.tensors,
                "moments": [_moment(kept, one) for one in moments],
                **wish,
            },
        )
    except PlaygroundError as problem:  # a checkpoint went while it was being read
        st.warning(str(problem), icon=":material/error:")
        return None
    if answer.status == "waiting":
        tasks.progress(choices.SLOT, "")
    elif answer.status != "done":
        tasks.show_problem(answer, question)
    found: Landscape | None = answer.result
    return found


def _moments(kept: Snapshot) -> list[CheckpointInfo]:
    """The saved moments, the oldest first; of many, evenly spread ones. Of a run that goes on, those up to these weights."""
    try:
        found = session.service().checkpoints(kept.run_id)
    except PlaygroundError:
        return []
    if not kept.final and kept.checkpoint is None:
        found = [one for one in found if one.step <= kept.weights.step]
    size = sum(values.numel() * values.element_size() for values in kept.weights.tensors.values())
    most = max(FEWEST_MOMENTS, min(MOST_MOMENTS, MOST_MOMENT_BYTES // max(1, size)))
    if len(found) <= most:
        return found
    return [found[round(index * (len(found) - 1) / (most - 1))] for index in range(most)]


def _moment(kept: Snapshot, moment: CheckpointInfo) -> Moment:
    weights = session.service().weights(kept.run_id, checkpoint=moment.number)
    return Moment(moment.step, moment.epoch, weights.tensors)


def _other(seed: int) -> None:
    st.session_state["landscape_seed"] = seed


def _shown(kept: Snapshot, found: Landscape) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            "View",
            ["Surface", "Contours"],
            default="Surface",
            required=True,
            key="landscape_view",
            persist_state="session",
            label_visibility="collapsed",
        )
        logarithmic = st.toggle(
            "Logarithmic", value=True, key="landscape_log", persist_state="session",
            help="Each step up multiplies the loss. Valleys show better, where the hills around them are high.",
        )  # fmt: skip
    path = [PathMark(one.x, one.y, one.loss, _mark_words(one.epoch, one.loss)) for one in found.path]
    what = "random direction" if found.kind == "random" else "direction of the path"
    # Along the edges of the surface there is little room, least on a phone.
    if view == "Surface":
        figure_view(
            lambda: surface_figure(
                found.x, found.y, found.losses, path, titles=("direction 1", "direction 2"), logarithmic=logarithmic
            ),
            key="landscape_surface",
            revision=(kept.run_id, found.kind, found.losses.tobytes(), logarithmic, tuple(path)),
        )
    else:
        titles = (f"first {what}", f"second {what}")
        figure = contour_figure(found.x, found.y, found.losses, path, titles=titles, logarithmic=logarithmic)
        st.plotly_chart(figure, key="landscape_contours", config=_PLAIN, alt=alt_text(figure))
    _checked(found)
    _about_path(found)
    plural = noun(data.source(kept.run.dataset))
    notes = [f"{found.images:,} {found.split} {plural}, {found.losses.size:,} places; the loss without penalties and dropout."]
    if found.batch_norm:
        notes.append("Batch normalisation uses the averages that this network has stored, at every place.")
    if found.kind == "random":
        notes.append(
            "Biases and normalisation layers keep still. 1 on an axis: as far as each neuron's or filter's weights are long."
        )
    else:
        notes.append("The axes count how far the weights are apart: the root of the sum of all squared differences.")
    notes.append("Method: Li et al., 2018, “Visualizing the loss landscape of neural nets”.")
    st.caption(f"{' '.join(notes)} Weights {kept.when}.")


def _mark_words(epoch: float, loss: float) -> str:
    said = f"loss {loss:.4g}" if math.isfinite(loss) else "its loss is no finite number"
    return f"{'before training' if epoch == 0 else f'epoch {epoch:.4g}'}: {said}"


def _checked(found: Landscape) -> None:
    mark = ":green[:material/check_circle:]" if found.agrees else ":red[:material/cancel:]"
    st.markdown(
        f"{mark} Where the network is, the map says **{found.centre_loss:.6g}**. The network's own loss on the same data, "
        f"computed apart from the map: **{found.own_loss:.6g}**."
    )
    if found.not_finite:
        st.info(
            f"At {found.not_finite:,} of {found.losses.size:,} places the loss is no finite number. They are drawn as high as "
            "the highest of the others.",
            icon=":material/vertical_align_top:",
        )


def _about_path(found: Landscape) -> None:
    """How much of the path one sees."""
    if not found.path:
        st.markdown("No moment of this training was saved, so there is no path to see.")
        return
    count = f"{len(found.path)} saved {'moment' if len(found.path) == 1 else 'moments'}"
    words = (
        f"The orange line is the training's own path: {count}, each where the plane comes nearest to its weights, and at the "
        "height of its own loss. The white-edged mark is the network."
    )
    first = found.path[0]
    if found.shares is not None:
        words += f" These two directions hold **{sum(found.shares):.1%}** of the path's variance."
    elif first.inside < 1:
        words += (
            f" Only **{first.inside:.1%}** of the distance to the first moment lies in this plane: a random direction is nearly "
            "at right angles to the path, so the path looks far too short. “Along the training's path” shows it."
        )
    st.markdown(words)
