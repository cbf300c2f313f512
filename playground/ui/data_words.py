"""What the examples of a data set are called: images, rows of a table, or points in the plane."""

from __future__ import annotations

from playground.data.sources import Source
from playground.spec import DatasetSpec, RunSpec


def noun(source: Source, plural: bool = True) -> str:
    """ "images", "rows" or "points"; "image", "row" or "point"."""
    return source.examples if plural else source.example


def examples(source: Source, n: int) -> str:
    """How many of them: "1,000 images", "1 row", "no points"."""
    return f"{n:,} {noun(source, n != 1)}" if n else f"no {noun(source)}"


def same_question(first: RunSpec, second: RunSpec) -> bool:
    """Whether two runs are asked the same about the same test examples, so that their scores can be compared."""
    return _question(first.dataset) == _question(second.dataset)


def _question(dataset: DatasetSpec) -> tuple[object, ...]:
    points = dataset.points and dataset.points.model_copy(update={"inputs": ()})  # what a network sees of them may differ
    return dataset.name, dataset.one_class, points
