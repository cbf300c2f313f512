"""The maker of lessons: a teacher says what is locked, what is left out and what is to be reached, and gets a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from pydantic import ValidationError

from playground import data
from playground.catalog.task import TASKS
from playground.checks import check
from playground.errors import PlaygroundError
from playground.lessons import PARTS, Control, Goal, Lesson, criteria
from playground.problems import problem_lines
from playground.ui import address, session
from playground.ui.frame import PAGES
from playground.ui.lesson import page_name

LONG_LINK = 600


def lesson_maker(show_link: Callable[[str, str], None]) -> None:
    """The form, what a learner will see, and the link.

    Args:
        show_link: shows a link with a sentence about it.
    """
    st.caption("A lesson begins with the network on the workbench. Choose what learners may change, and what they shall reach.")
    title = st.text_input(
        "Title", max_chars=80, key="maker.title", placeholder="Find a good learning rate", persist_state="session"
    )
    text = st.text_area("What to do", max_chars=500, height=90, key="maker.text", persist_state="session")
    first, second = st.columns(2)
    with first:
        locked: list[Control] = st.multiselect(
            "Locked",
            list(PARTS),
            format_func=lambda name: PARTS[name].title,
            key="maker.locked",
            placeholder="Nothing is locked",
            help="Learners see these greyed out, as you have set them.",
            persist_state="session",
        )
    with second:
        hidden: list[str] = st.multiselect(
            "Pages left out",
            list(_pages()),
            format_func=_pages().__getitem__,
            key="maker.hidden",
            placeholder="All pages are there",
            help="Learners do not find these in the menu.",
            persist_state="session",
        )
    lesson = _lesson({"title": title, "text": text, "locked": locked, "hidden_pages": hidden, "goal": _goal()})
    if lesson is None:
        return
    st.markdown("**What a learner will see**\n" + "\n".join(f"- {line}" for line in preview(lesson)))
    for line in doubts(lesson):
        st.warning(line, icon=":material/lightbulb:")
    link = address.link(lesson=lesson.to_link())
    if len(link) > LONG_LINK:
        st.caption("A shorter text makes a QR code that is easier to read from the back row.")
    show_link(link, "**Scan or copy.** Opens the lesson for whoever can reach this server.")


def preview(lesson: Lesson) -> list[str]:
    """The lesson in words, one line a thing."""
    training = lesson.run.training
    layers = " → ".join(layer.label() for layer in lesson.run.network.layers) or "no layers"
    lines = [
        f"Over the page: {_quoted(lesson.title)}{' and your text' if lesson.text else ''}."
        if lesson.title or lesson.text
        else "",
        f"It begins with {layers}; {training.optimizer.title}, learning rate {training.optimizer.learning_rate:g}, "
        f"{training.epochs} epochs.",
        f"Locked: {', '.join(PARTS[name].title for name in lesson.locked)}." if lesson.locked else "Everything can be changed.",
        f"Not in the menu: {', '.join(_pages().get(name, name) for name in lesson.hidden_pages)}." if lesson.hidden_pages else "",
    ]
    score = TASKS[data.source(lesson.run.dataset).task].score
    if lesson.goal:
        lines.append(f"Goal: {', '.join(each.words for each in criteria(lesson.goal, (), 0, score=score))}.")
    return [line for line in lines if line]


def doubts(lesson: Lesson) -> list[str]:
    """What would make the lesson fail."""
    found = [finding.message for finding in check(lesson.run).errors if "network" in lesson.locked]
    most = lesson.goal.max_parameters if lesson.goal else None
    count = check(lesson.run).totals.num_parameters
    if most and count > most and "network" in lesson.locked:
        found.append(f"The locked layers have {count:,} parameters: nobody can reach at most {most:,}.")
    epochs = lesson.goal.max_epochs if lesson.goal else None
    if (
        epochs
        and "epochs" in lesson.locked
        and lesson.run.training.epochs > epochs
        and lesson.goal
        and not lesson.goal.min_accuracy
    ):
        found.append(f"The locked number of epochs is {lesson.run.training.epochs}, more than the goal's {epochs}.")
    return found


def _goal() -> dict[str, Any] | None:
    """The goal's fields that were filled in; None when there is none."""
    places = st.columns(4)
    is_number = data.source(session.run_spec().dataset).task == "regression"
    values: dict[str, Any] = {}
    shown: tuple[tuple[str, str, float, float, float], ...] = (
        ("min_accuracy", "R² of at least … %" if is_number else "At least … % right", 0.0, 100.0, 0.5),
        ("max_parameters", "At most … parameters", 1, 10**9, 1000),
        ("max_epochs", "Within … epochs", 1, 1000, 1),
        ("max_seconds", "Within … seconds", 1.0, 86_400.0, 10.0),
    )
    for place, (name, label, low, high, step) in zip(places, shown, strict=True):
        with place:
            values[name] = st.number_input(
                label,
                low,
                high,
                None,
                step=step,
                key=f"maker.{name}",
                placeholder="any",
                help=Goal.model_fields[name].description,
                persist_state="session",
            )
    filled = {name: value for name, value in values.items() if value is not None}
    return filled or None


def _lesson(values: dict[str, Any]) -> Lesson | None:
    try:
        return Lesson.model_validate(values | {"run": session.run_spec().model_dump()})
    except ValidationError as error:
        st.error("\n".join(f"- {line}" for line in problem_lines(error, Lesson)))
    except PlaygroundError as problem:
        st.error(str(problem))
    return None


def _pages() -> dict[str, str]:
    """What a lesson calls a page -> its title, for all pages but the front page."""
    return {page_name(path): label for path, label, _ in PAGES[1:]}


def _quoted(words: str) -> str:
    return f"“{words}”" if words else "your text"
