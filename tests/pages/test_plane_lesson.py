"""A lesson about points in the plane: its text and goal stand on that page, and what it locks stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from page_app import shown
from plane_page_app import CIRCLES, open_plane
from streamlit.testing.v1 import AppTest

from playground.catalog.plane_presets import PLANE_PRESETS
from playground.catalog.presets import PRESETS
from playground.lessons import Goal, Lesson

__all__ = ["open_plane"]  # a fixture

LESSON = Lesson(
    title="Round and round",
    text="Which neurons bend the line?",
    run=CIRCLES,
    locked=("network",),
    goal=Goal(min_accuracy=95, max_epochs=200),
)


def words(app: AppTest) -> str:
    return " ".join(str(html.proto.body) for html in app.get("html"))


def test_the_lesson_s_words_and_goal_stand_over_the_plane(open_plane: Callable[..., AppTest]) -> None:
    app = open_plane(lesson=LESSON.to_link())
    assert "Round and round" in words(app) and "Which neurons bend the line?" in words(app)
    assert "within 200 epochs" in words(app)


def test_what_is_locked_stays_when_a_preset_is_chosen(open_plane: Callable[..., AppTest]) -> None:
    app = open_plane(lesson=LESSON.to_link())
    spiral = next(preset for preset in PLANE_PRESETS if preset.slug == "plane-spiral")
    button = next(button for button in app.button if button.label == spiral.title)
    shown(button.click())
    bench = app.session_state["plane_spec"]
    assert bench.network.layers == CIRCLES.network.layers
    assert bench.training.optimizer == spiral.run.training.optimizer


@pytest.mark.parametrize("run", [PRESETS[0].run])
def test_a_lesson_about_digits_says_nothing_here(run: object, open_plane: Callable[..., AppTest]) -> None:
    app = open_plane(lesson=LESSON.model_copy(update={"run": run}).to_link())
    assert "Round and round" not in words(app)
    assert app.session_state["plane_spec"] == CIRCLES
