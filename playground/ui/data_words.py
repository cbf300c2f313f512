"""What the examples of a data set are called: images, rows of a table, or points in the plane."""

from __future__ import annotations

from playground.data.sources import Source


def noun(source: Source, plural: bool = True) -> str:
    """ "images", "rows" or "points"; "image", "row" or "point"."""
    return f"{source.example}s" if plural else source.example


def examples(source: Source, n: int) -> str:
    """How many of them: "1,000 images", "1 row", "no points"."""
    return f"{n:,} {noun(source, n != 1)}" if n else f"no {noun(source)}"
