"""A run's settings as indented JSON: what `python -m playground train --spec` takes."""

from __future__ import annotations

from playground.export.value import ExportedRun


def make(exported: ExportedRun) -> bytes:
    """The RunSpec as UTF-8, with a line break at the end."""
    return (exported.run.to_json(indent=2) + "\n").encode()
