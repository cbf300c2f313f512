"""Painting one's own points on the plane, class by class or value by value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
import torch

from playground.data.points import Family, drawn, family_of
from playground.data.points.source import CLASS_NAMES
from playground.figures.plane_tiles import brush_style, point_colour
from playground.spec import PaintedPoint, RunSpec
from playground.ui import plane_points, plane_runs, plane_state
from playground.ui.lesson import is_locked
from playground.ui.plane_state import Brush

MOST_POINTS = 500
HALF_WIDTH = 6.0
VALUES = (-1.0, -0.5, 0.0, 0.5, 1.0)
ERASER_RADIUS = 0.5


def painting(run: RunSpec) -> None:
    """The brush, and how many points there are; nothing where the points are not painted."""
    family = family_of(run.dataset.name)
    if not family.is_painted:
        return
    painted, locked = plane_state.points_of(run).painted, is_locked("dataset")
    key = plane_state.control_key("plane_brush", brush(run))
    choices: list[Brush] = [*_values(run, family), "erase"]
    number, several = family.task == "regression", len(choices) > 3
    colours = [point_colour(value, 1.0, number, several) for value in choices if isinstance(value, float)]
    st.html(brush_style("plane_brush", colours))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="plane_brush"):
        st.markdown(":material/brush: **Brush**", width="content")
        st.pills(
            "Brush",
            choices,
            default=brush(run),
            required=True,
            format_func=lambda value: _words(value, family),
            key=key,
            disabled=locked,
            on_change=plane_state.on_choice(key, brush(run), lambda chosen: plane_state.set_viewing(brush=chosen)),
            label_visibility="collapsed",
            width="content",
        )
        st.button(
            "Clear",
            icon=":material/delete:",
            on_click=_set_points,
            args=((),),
            disabled=locked or not painted,
            key="plane_clear",
            help="Takes all points away. Undo brings them back.",
        )
        st.caption(f"{len(painted)} of at most {MOST_POINTS} points", width="content")


def brush(run: RunSpec) -> Brush:
    """What a stroke on the plane does now; None where the points are not painted."""
    family = family_of(run.dataset.name)
    if not family.is_painted:
        return None
    chosen = plane_state.viewing().brush
    values = _values(run, family)
    return chosen if chosen == "erase" or chosen in values else values[-1] if family.task == "regression" else values[0]


def paint(places: Sequence[Sequence[float]], value: float) -> None:
    """Adds points where a stroke went."""
    run = plane_state.run_spec()
    painted = plane_state.points_of(run).painted
    inside = [(round(float(x1), 2), round(float(x2), 2)) for x1, x2 in places if max(abs(x1), abs(x2)) <= HALF_WIDTH]
    room = MOST_POINTS - len(painted)
    if len(inside) > room:
        plane_runs.tell_problem(
            f"There is room for {MOST_POINTS} points, and {len(painted)} are painted. Erase some, or clear the plane."
        )
    added: list[PaintedPoint] = [(x1, x2, float(value)) for x1, x2 in inside[: max(0, room)]]
    _set_points((*painted, *added))


def erase(places: Sequence[Sequence[float]], radius: float = ERASER_RADIUS) -> None:
    """Takes away the points that lie within `radius` of any of these places."""
    painted = plane_state.points_of(plane_state.run_spec()).painted
    _set_points(
        tuple(point for point in painted if all(_distance(point, place) > radius for place in places)),
    )


def paint_on() -> None:
    """The points that are there become the learner's own."""
    run = plane_state.run_spec()
    is_number = family_of(run.dataset.name).task == "regression"
    plane_points.put("painted-values" if is_number else "painted", painted=as_painted(run))


def as_painted(run: RunSpec) -> tuple[PaintedPoint, ...]:
    """The points that are there now, as if they had been painted: at most as many as may be."""
    made = drawn(run.dataset.name, plane_state.points_of(run))
    points, values = torch.cat([made.train_points, made.test_points]), torch.cat([made.train_y, made.test_y]).flatten()
    found = zip(points.clamp(-HALF_WIDTH, HALF_WIDTH).tolist(), values.tolist(), strict=True)
    return tuple((round(x1, 2), round(x2, 2), round(float(value), 2)) for (x1, x2), value in list(found)[:MOST_POINTS])


def _set_points(painted: tuple[PaintedPoint, ...]) -> None:
    plane_points.put(painted=painted)


def _values(run: RunSpec, family: Family) -> list[float]:
    if family.task == "regression":
        return list(VALUES)
    return [float(place) for place in range(plane_state.points_of(run).classes)]


def _words(value: Any, family: Family) -> str:
    if value == "erase":
        return ":material/ink_eraser: Eraser"
    if family.task == "regression":
        return f"{value:+g}" if value else "0"
    return CLASS_NAMES[int(value)]


def _distance(point: PaintedPoint, place: Sequence[float]) -> float:
    return float(((point[0] - place[0]) ** 2 + (point[1] - place[1]) ** 2) ** 0.5)
