"""An export as a task of the job service: some formats take seconds, and the page never waits."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from playground.errors import PlaygroundError
from playground.export.formats import FORMATS
from playground.export.value import ExportedRun
from playground.progress import TaskProgress


@dataclass(frozen=True)
class ExportedFile:
    """A file to download; `mime` is its content's type."""

    name: str
    mime: str
    data: bytes


def make_export(exported: ExportedRun, format_name: str) -> Generator[TaskProgress, None, ExportedFile]:
    """Writes a run in one of the `FORMATS`; yields once before the work begins.

    Raises:
        PlaygroundError: the run cannot be written so, there is no such format, or a package for it is not installed.
    """
    if format_name not in FORMATS:
        raise PlaygroundError(f"There is no format {format_name!r}.", f"There are: {', '.join(FORMATS)}.")
    chosen = FORMATS[format_name]
    yield TaskProgress(0, 1, f"{chosen.title}…")
    try:
        data = chosen.make(exported)
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("playground"):
            raise  # a fault of ours, and nothing that could be installed
        raise PlaygroundError(
            f"The package {missing.name!r} is not installed on this server.",
            f"The format {chosen.title!r} needs it.",
            "Whoever runs the server can add it: pip install -r requirements-extras.txt",
        ) from None
    return ExportedFile(chosen.file_name(exported), chosen.mime, data)
