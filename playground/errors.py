"""The one error that users see: what happened, what was expected, and how to mend it."""

from __future__ import annotations


class PlaygroundError(Exception):
    """A problem that a user can understand and mend.

    Attributes:
        what: what happened, one sentence.
        expected: what was expected instead; may be empty.
        mend: what to do about it; may be empty.
    """

    def __init__(self, what: str, expected: str = "", mend: str = "") -> None:
        super().__init__(what, expected, mend)
        self.what = what
        self.expected = expected
        self.mend = mend

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.expected, self.mend) if part)
