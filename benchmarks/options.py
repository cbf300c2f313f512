"""What all benchmarks are told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Choices of whoever measures.

    Attributes:
        quick: fewer and shorter rounds.
        threads: processor threads that every contestant may use.
        keras_python: a Python interpreter that has Keras, or None.
        seeds: runs of each preset for the accuracies.
    """

    quick: bool = False
    threads: int = 1
    keras_python: str | None = None
    seeds: int = 3
