"""What is said differently of images, of the rows of a table and of points; and of classes and of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from playground.catalog.losses import LossEntry
from playground.catalog.task import TASKS, Task, score_words
from playground.data.sources import Source


@dataclass(frozen=True)
class Words:
    """How an export speaks of one run's data and figures.

    Attributes:
        task: what is learned.
        example, examples: what one example is called, and what several are: "image" and "images", "row", "point".
        score: the name of the score: "accuracy" or "R²".
        score_name: the same as a variable's name.
        score_format: how Python prints it.
        told: what the network does with an example: images are "read", others "told".
        truth: the variable that holds what is right: "labels" or "targets".
        outputs: how many numbers the network ends with.
    """

    task: Task
    example: str
    examples: str
    score: str
    score_name: str
    score_format: str
    told: str
    truth: str
    outputs: int

    def score_text(self, value: float) -> str:
        """A score as people read it: "97.43 %" or "0.5214"."""
        return score_words(self.task, value, 2)

    @property
    def is_regression(self) -> bool:
        return self.task == "regression"


def words_for(source: Source, loss: LossEntry) -> Words:
    """The words for a run on `source` with `loss`."""
    is_number = source.task == "regression"
    return Words(
        task=source.task,
        example=source.example,
        examples=source.examples,
        score=TASKS[source.task].score,
        score_name="r2" if is_number else "accuracy",
        score_format=".4f" if is_number else ".2%",
        told="read" if source.is_images else "told",
        truth="targets" if is_number else "labels",
        outputs=loss.num_outputs(source.num_classes),
    )
