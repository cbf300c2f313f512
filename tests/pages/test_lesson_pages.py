"""Lessons on the pages: what they lock, hide and follow, and how they are made and left."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from build_page_app import (
    choose_preset,
    click,
    labelled,
    open_app,
    said,
    section,
    server,
    shown_run,
    trained,
    workbench,
)
from page_app import shown
from streamlit.testing.v1 import AppTest
from workbench_links import FIRST, SAMPLE, edit_units, linked, open_share, parameter

from playground.catalog.presets import preset
from playground.lessons import PARTS, Goal, Lesson

__all__ = ["open_app", "server"]  # fixtures

Open = Callable[..., AppTest]


def banner(app: AppTest) -> str:
    """The lesson's banner, as its HTML."""
    found = [each.proto.body for each in app.get("html") if 'class="lesson' in each.proto.body]
    return html.unescape(found[0]) if found else ""


LESSON = Lesson(
    title="As small as <you> can",
    text="Reach 90 of 100 digits.",
    run=SAMPLE,
    locked=("presets", "optimizer", "epochs"),
    hidden_pages=("inspect",),
    goal=Goal(min_accuracy=50, max_parameters=90_000),
)


def test_a_lesson_shows_its_words_its_goal_and_its_own_network(open_app: Open) -> None:
    app = open_app(lesson=LESSON.to_link())
    assert workbench(app) == SAMPLE
    assert "As small as <you> can" in banner(app)
    assert not any("<you>" in each.proto.body for each in app.get("html")), "a lesson's words are no HTML"
    assert "at least 50 % validation accuracy" in banner(app) and "not measured yet" in banner(app)
    assert "✕</b>at most 90,000 parameters" in banner(app) and "it has 101,770" in banner(app)
    assert parameter(app, "lesson") and parameter(app, "spec") is None


def test_what_a_lesson_locks_is_greyed_out_with_a_lock_and_the_reason(open_app: Open) -> None:
    app = section(open_app(lesson=LESSON.to_link()), "training")
    for label in (":material/lock: Optimizer", ":material/lock: Weight decay", ":material/lock: Epochs"):
        widget = labelled([*app.selectbox, *app.number_input], label)
        assert widget.disabled and widget.help == "Your teacher has locked this."
    for label in ("Learning rate", "Batch size", "Seed", "Loss"):
        assert not labelled([*app.selectbox, *app.number_input], label).disabled
    assert not [each for each in app.button if str(each.key).startswith("preset.")]


@pytest.mark.parametrize("name", ["network", "training", "data"])
def test_a_lesson_that_locks_all_leaves_nothing_to_change(name: str, open_app: Open) -> None:
    app = section(open_app(lesson=LESSON.model_copy(update={"locked": tuple(PARTS)}).to_link()), name)
    widgets = [*app.selectbox, *app.number_input, *app.toggle]
    form = [each for each in widgets if each.key not in ("speed", "log_loss", "show_raw", "per_batch")]
    assert form and all(each.disabled for each in form), [each.label for each in form if not each.disabled]


def test_going_around_the_form_by_a_link_is_refused_with_words_and_mended_by_a_click(open_app: Open) -> None:
    other = preset("two-layers-sgd").run
    app = open_app(lesson=LESSON.to_link(), spec=other.to_link())
    assert "This lesson has other settings: Optimizer, Epochs." in said(app)
    click(app, "Train")
    assert shown_run(app) is None
    assert "Your teacher has locked these." in said(app)
    click(app, "Put them back")
    assert workbench(app).training.optimizer.model_copy(update={"learning_rate": 0.001}) == SAMPLE.training.optimizer
    assert workbench(app).training.epochs == SAMPLE.training.epochs
    assert workbench(app).network == other.network
    assert "other settings" not in said(app)


def test_a_preset_in_a_lesson_keeps_what_is_locked(open_app: Open) -> None:
    app = open_app(lesson=LESSON.model_copy(update={"locked": ("optimizer", "seed")}).to_link())
    choose_preset(app, "two-layers-sgd")
    assert workbench(app).network == preset("two-layers-sgd").run.network
    assert type(workbench(app).training.optimizer) is type(SAMPLE.training.optimizer)


def test_a_page_that_is_left_out_says_so_kindly_and_the_others_stay(open_app: Open) -> None:
    app = open_app(lesson=LESSON.to_link())
    shown(app.switch_page("pages/1_Inspect.py"))
    assert any("This lesson does without “Inspect”" in each.value for each in app.subheader)
    assert len(app.subheader) == 1
    shown(app.switch_page("pages/2_Draw.py"))
    assert not any("does without" in each.value for each in app.subheader)
    assert parameter(app, "lesson") == LESSON.to_link()


def test_the_goal_is_followed_and_reached_by_training(open_app: Open) -> None:
    small = LESSON.model_copy(update={"goal": Goal(min_accuracy=50, max_parameters=200_000, max_epochs=5)})
    app = open_app(lesson=small.to_link())
    assert "Goal reached" not in banner(app)
    trained(app)
    assert "★ Goal reached!" in banner(app) and "best so far" in banner(app)
    assert parameter(app, "lesson") == small.to_link() and parameter(app, "run") == shown_run(app)


def test_leaving_a_lesson_opens_everything_and_keeps_the_network(open_app: Open) -> None:
    app = edit_units(open_app(lesson=LESSON.to_link()), 20)
    built = workbench(app)
    click(app, "Leave the lesson")
    assert banner(app) == "" and parameter(app, "lesson") is None
    assert workbench(app) == built and linked(app) == built
    section(app, "training")
    assert not labelled(app.selectbox, "Optimizer").disabled


@pytest.mark.parametrize("link", ["nonsense", LESSON.to_link()[:40], "9." + LESSON.to_link()[2:], FIRST.to_link()])
def test_a_bad_lesson_is_explained_and_everything_stays_open(link: str, open_app: Open) -> None:
    app = open_app(lesson=link)
    assert "lesson" in said(app) or "newer playground" in said(app)
    assert banner(app) == "" and workbench(app) == FIRST
    click(app, "Close")
    assert parameter(app, "lesson") is None and "everything is open" not in said(app)


def test_a_lesson_can_be_made_and_its_link_opens_it(open_app: Open) -> None:
    app = open_share(edit_units(open_app(), 20))
    shown(app.text_input(key="maker.title").set_value("My lesson"))
    shown(app.multiselect(key="maker.locked").set_value(["network", "epochs"]))
    shown(app.multiselect(key="maker.hidden").set_value(["inspect"]))
    shown(app.number_input(key="maker.max_parameters").set_value(10_000))
    assert "Locked: Layers, Epochs." in said(app) and "Not in the menu: Inspect." in said(app)
    assert "15,910 parameters: nobody can reach" in said(app)
    made = Lesson.from_link(app.code[-1].value.partition("lesson=")[2])
    assert made == Lesson(
        title="My lesson",
        run=workbench(app),
        locked=("network", "epochs"),
        hidden_pages=("inspect",),
        goal=Goal(max_parameters=10_000),
    )
