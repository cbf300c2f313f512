"""A run that forms edit, and how they hand it back: the workbench of "Build & train", or that of another page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playground.spec import RunSpec
from playground.ui import session


@dataclass(frozen=True)
class Bench:
    """Where a page keeps the run that it edits.

    Attributes:
        run: the run as it is now.
        keep: takes what a form edited.
        replace: puts another run there as a whole; all forms take its values.
        revision: part of every form widget's key; another one after each `replace`.
    """

    run: Callable[[], RunSpec]
    keep: Callable[[RunSpec], None]
    replace: Callable[[RunSpec], None]
    revision: Callable[[], object]


WORKBENCH = Bench(session.run_spec, session.set_run_spec, session.replace_run_spec, session.form_revision)
