"""What examples are called, for every kind of data."""

from __future__ import annotations

import pytest

from playground import data
from playground.catalog.losses import CrossEntropy, MeanSquaredError
from playground.data.sources import Source
from playground.export.words import words_for
from playground.spec import DatasetSpec
from playground.ui.data_words import examples, noun


@pytest.mark.parametrize(("name", "word"), [("mnist", "image"), ("iris", "row"), ("diabetes", "row"), ("circles", "point")])
def test_examples_are_called_what_they_are(name: str, word: str) -> None:
    source = data.source(name)
    assert (noun(source), noun(source, plural=False)) == (f"{word}s", word)
    assert (
        examples(source, 1000) == f"1,000 {word}s" and examples(source, 1) == f"1 {word}" and examples(source, 0) == f"no {word}s"
    )


def test_images_that_are_asked_one_question_are_still_images() -> None:
    assert noun(data.source(DatasetSpec(name="mnist", one_class=7))) == "images"


@pytest.mark.parametrize("source", data.SOURCES, ids=lambda source: source.name)
def test_pages_and_exports_have_the_plural_from_the_source(source: Source) -> None:
    loss = MeanSquaredError() if source.task == "regression" else CrossEntropy()
    assert noun(source) == words_for(source, loss).examples == source.examples and source.examples.startswith(source.example)
