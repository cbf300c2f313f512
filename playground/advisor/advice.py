"""What the advisor says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playground.findings import Mend

Severity = Literal["problem", "tip", "fine"]
Topic = Literal["ending", "learning", "pixels", "classes", "capacity", "stopping", "reading"]


@dataclass(frozen=True)
class Advice:
    """One thing to know about a run.

    Attributes:
        name: of the rule, a slug.
        severity: "problem": it does not learn as it should; "tip": it could be better; "fine": it looks odd, and is all right.
        topic: of two with one topic only the first is said, so that no two contradict each other.
        title: a few words.
        evidence: this run's own numbers.
        why: two or three sentences for a fifteen-year-old.
        mend: what to do about it. The tests have trained it, and it ended better.
        live: what a network that is training now can take up at once; tested as well.
    """

    name: str
    severity: Severity
    topic: Topic
    title: str
    evidence: str
    why: str
    mend: Mend | None = None
    live: Mend | None = None
