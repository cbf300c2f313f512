"""The column beside the plane: which points, how many, how noisy, and which part of them is learned from."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st
import torch

from playground.data.points import FAMILIES, Family, drawn, family_of
from playground.edits import with_training
from playground.figures.plane_tiles import brush_tile, tile, tile_style
from playground.spec import PointsSpec, RunSpec
from playground.ui import plane_points, plane_runs, plane_state
from playground.ui.forms import marked
from playground.ui.lesson import LOCKED_WORDS, is_locked
from playground.ui.plane_paint import paint_on

NUM_POINTS = (4, 10, 20, 50, 100, 200, 300, 500, 1000, 2000)
_TILE_POINTS = 120
_STYLE = """<style>
.st-key-plane_tiles {display: grid !important; grid-template-columns: repeat(4, minmax(0, 3.4rem)); gap: .35rem !important;}
.st-key-plane_tiles div {width: 100% !important;}
.st-key-plane_tiles button {aspect-ratio: 1; width: 100%; min-height: 0; padding: 0; background-size: contain;
  background-repeat: no-repeat; background-position: center;}
.st-key-plane_tiles button p {font-size: 0;}
</style>"""


def data_column(run: RunSpec) -> None:
    """Edits the points of the run on the workbench."""
    locked, points, name = is_locked("dataset"), plane_state.points_of(run), run.dataset.name
    family = family_of(name)
    _tiles(family, locked)
    st.markdown(f"**{family.title}**: {family.description[0].lower()}{family.description[1:]}")
    if family.chooses_classes:
        _slider("Classes", "classes", points.classes, 2, 6, locked, "How many colours there are.")
    _share(points, locked)
    if not family.is_painted:
        _noise(points, locked)
        _count(points, locked)
    _batch_size(run)
    with st.container(horizontal=True, gap="small"):
        if not family.is_painted:
            st.button(
                "New points",
                icon=":material/refresh:",
                on_click=plane_points.put,
                kwargs={"seed": points.seed + 1},
                disabled=locked,
                key="plane_new_points",
                help=f"Draws other points of the same shape: draw {points.seed + 1} instead of {points.seed}.",
            )
            st.button(
                "Paint on these",
                icon=":material/brush:",
                on_click=paint_on,
                disabled=locked,
                key="plane_paint_on",
                help="Makes these points your own: paint more of them, or erase some.",
            )


def _tiles(chosen: Family, locked: bool) -> None:
    offered = [family for family in FAMILIES if (family.task == "regression") == (chosen.task == "regression")]
    names = {family.name: f"plane_family_{family.name.replace('-', '_')}" for family in offered}
    pictures = {names[family.name]: _picture(family.name) for family in offered}
    st.html(_STYLE + tile_style(pictures, names[chosen.name]))
    with st.container(key="plane_tiles", horizontal=True):
        for family in offered:
            st.button(
                family.title,
                key=names[family.name],
                on_click=plane_points.put,
                args=(family.name,),
                disabled=locked,
                help=LOCKED_WORDS if locked else family.title,
            )


@lru_cache(maxsize=32)
def _picture(name: str) -> str:
    family = family_of(name)
    if family.is_painted:
        return brush_tile()
    made = drawn(name, PointsSpec(num_points=_TILE_POINTS, classes=3 if name == "blobs" else 2))
    points, values = torch.cat([made.train_points, made.test_points]), torch.cat([made.train_y, made.test_y])
    return tile(points.numpy(), values.flatten().numpy(), family.task == "regression")


def _slider(label: str, name: str, value: int, low: int, high: int, locked: bool, help: str) -> None:
    key = plane_state.control_key(f"plane_{name}", value)
    st.slider(
        marked(label, locked),
        low,
        high,
        value,
        key=key,
        on_change=plane_state.on_choice(key, value, lambda chosen: plane_points.put(None, **{name: chosen})),
        disabled=locked,
        help=LOCKED_WORDS if locked else help,
    )


def _share(points: PointsSpec, locked: bool) -> None:
    value = round(100 * points.train_share)
    key = plane_state.control_key("plane_share", value)
    st.slider(
        marked("Training share", locked),
        10,
        90,
        value,
        step=10 if value % 10 == 0 else 1,
        format="%d %%",
        key=key,
        on_change=plane_state.on_choice(key, value, lambda chosen: plane_points.put(train_share=chosen / 100)),
        disabled=locked,
        help=LOCKED_WORDS if locked else "The share of the points that it learns from; the others test what it has learned.",
    )


def _noise(points: PointsSpec, locked: bool) -> None:
    value = round(100 * points.noise)
    key = plane_state.control_key("plane_noise", value)
    st.slider(
        marked("Noise", locked),
        0,
        50,
        value,
        step=5 if value % 5 == 0 else 1,
        key=key,
        on_change=plane_state.on_choice(key, value, lambda chosen: plane_points.put(noise=chosen / 100)),
        disabled=locked,
        help=LOCKED_WORDS if locked else "How far chance moves the points: 0 not at all, 50 is a lot.",
    )


def _count(points: PointsSpec, locked: bool) -> None:
    key = plane_state.control_key("plane_count", points.num_points)
    st.select_slider(
        marked("Points", locked),
        sorted({*NUM_POINTS, points.num_points}),
        points.num_points,
        key=key,
        on_change=plane_state.on_choice(key, points.num_points, lambda chosen: plane_points.put(num_points=chosen)),
        disabled=locked,
        help=LOCKED_WORDS if locked else "How many points there are in all, test points included.",
    )


def _batch_size(run: RunSpec) -> None:
    locked, size = is_locked("batch_size"), run.training.batch_size
    key = plane_state.control_key("plane_batch_size", size)
    st.slider(
        marked("Batch size", locked),
        1,
        max(30, size),
        size,
        key=key,
        on_change=plane_state.on_choice(key, size, _take_batch_size),
        disabled=locked,
        help=LOCKED_WORDS if locked else "Points between two steps. A running network takes it up at once.",
    )


def _take_batch_size(size: int) -> None:
    plane_runs.edit(with_training(plane_state.run_spec(), batch_size=size))
