"""How far a long piece of work is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TaskProgress:
    """What a long computation yields between two slices of work.

    Attributes:
        done, total: in the unit of the work, such as images; `total` is at least 1.
        text: what is being done, in a few words for the screen.
    """

    done: int
    total: int
    text: str = ""
