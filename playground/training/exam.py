"""A network put to the test on one split of its data, a slice at a time, so that others may have their turns in between."""

from __future__ import annotations

import math
from collections.abc import Generator

from torch import nn

from playground.catalog.losses import LossEntry
from playground.training.batches import Batches
from playground.training.diagnosis import Diverged, in_words
from playground.training.evaluation import Metrics, metrics, outputs_in_slices
from playground.training.events import Evaluating, Event

Exam = Generator[Event, None, Metrics]


def examined(network: nn.Module, batches: Batches, split: str, loss: LossEntry, size: int, tells: bool) -> Exam:
    """Loss and score of "train", "validation" or "test", in slices of `size`.

    Args:
        tells: whether an event is yielded after each slice.

    Raises:
        Diverged: the loss is no number.
    """
    examples, labels = batches.split_images(split)
    slices = outputs_in_slices(network, examples, batches.inputs, size)
    while True:
        try:
            done = next(slices)
        except StopIteration as finished:
            found = metrics(finished.value, labels, loss)
            if not math.isfinite(found.loss):
                raise Diverged(f"The loss on the {split} examples became {in_words(found.loss)}") from None
            return found
        if tells:
            yield Evaluating(split, done, len(examples))


def only_watched(exam: Exam) -> Generator[Event, None, Metrics | None]:
    """An exam by which nothing is decided, not even that the numbers ran away: then there are none."""
    try:
        return (yield from exam)
    except Diverged:
        return None
