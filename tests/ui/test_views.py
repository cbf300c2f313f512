"""What a view needs of the data, and what is said where it is missing; and which runs' scores can be compared."""

from __future__ import annotations

import pytest

from playground import data
from playground.data.sources import Source
from playground.spec import DatasetSpec, PointsSpec, RunSpec
from playground.ui.data_words import same_question
from playground.ui.views import BOTH, CLASSES, PICTURES, missing


@pytest.mark.parametrize("source", data.SOURCES, ids=lambda source: source.name)
def test_a_view_that_needs_nothing_serves_all_data_and_others_say_what_is_missing(source: Source) -> None:
    assert missing(source, frozenset()) == ""
    assert bool(missing(source, PICTURES)) == (not source.is_images)
    assert bool(missing(source, CLASSES)) == (source.task == "regression")
    assert bool(missing(source, BOTH)) == (not source.is_images or source.task == "regression")


def test_what_is_missing_is_said_in_one_sentence() -> None:
    assert missing(data.source("iris"), BOTH) == "looks at pictures; Iris is a table"
    assert missing(data.source("circles"), PICTURES).endswith("is made of points in the plane")
    assert "disease progression" in missing(data.source("diabetes"), CLASSES)


def _run(**dataset: object) -> RunSpec:
    return RunSpec(dataset=DatasetSpec(**dataset))


def test_scores_can_be_compared_where_the_question_and_the_test_examples_are_the_same() -> None:
    assert same_question(_run(name="mnist"), _run(name="mnist", training_size=100))
    assert not same_question(_run(name="mnist"), _run(name="mnist", one_class=7))
    plain, noisy = PointsSpec(), PointsSpec(noise=0.2)
    assert not same_question(_run(name="circles", points=plain), _run(name="circles", points=noisy))
    more_inputs = PointsSpec(inputs=("x1", "x2", "x1_squared"))
    assert same_question(_run(name="circles", points=plain), _run(name="circles", points=more_inputs))
