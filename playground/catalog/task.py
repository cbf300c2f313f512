"""What there is to learn: to tell classes apart, to say yes or no, or to tell a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Task = Literal["classification", "binary", "regression"]

CLASSES: frozenset[Task] = frozenset({"classification", "binary"})
ALL_TASKS: frozenset[Task] = CLASSES | {"regression"}


@dataclass(frozen=True)
class TaskWords:
    """What a task is called, and the score by which it is judged.

    Attributes:
        score: the name of what events and histories call accuracy: the share that is right, or R².
        score_help: one line about it.
    """

    title: str
    score: str
    score_help: str


TASKS: dict[str, TaskWords] = {
    "classification": TaskWords("classification", "accuracy", "How many of 100 it gets right."),
    "binary": TaskWords("yes or no (binary classification)", "accuracy", "How many of 100 it gets right."),
    "regression": TaskWords(
        "a number (regression)",
        "R²",
        "How much of the ups and downs it explains: 1 is perfect, 0 is no better than always telling the mean, "
        "and below 0 is worse than that.",
    ),
}


def score_words(task: str, value: float, digits: int = 1) -> str:
    """A score as people read it: 0.974 is "97.4 %" of right answers, or an R² of "0.974"."""
    return f"{value:.{digits + 2}f}" if task == "regression" else f"{100 * value:.{digits}f} %"
