"""`python -m playground export RUN --format FORMAT`: takes a stored run home, without a browser or a server."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.errors import PlaygroundError

if TYPE_CHECKING:
    from playground.export.task import ExportedFile
    from playground.store import Store
    from playground.store.values import StoredRun

# The names of `playground.export.formats.FORMATS`, whose import takes seconds.
FORMATS = ("pytorch", "notebook", "keras", "onnx", "safetensors", "spec", "report")
LATEST = "latest"
SHOWN_CANDIDATES = 5


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers of `argparse`."""
    command = commands.add_parser(
        "export",
        help="write a stored run as a script, notebook, model, report, ...",
        description="Writes a run that the playground has stored. No server is needed, and one that is running is not disturbed.",
    )
    command.add_argument("wanted", nargs="?", metavar="RUN", help="the run's id, the beginning of it, its exact name, or: latest")
    command.add_argument("--format", choices=FORMATS, metavar="FORMAT", help=f"one of: {', '.join(FORMATS)}")
    command.add_argument("--output", metavar="FILE", type=Path, help="where to write it (default: the run's name, here)")
    command.add_argument("--force", action="store_true", help="replace the file if there is one")
    command.add_argument("--list", action="store_true", help="say which runs are stored, and end")
    command.set_defaults(run=export)


def export(chosen: argparse.Namespace) -> int:
    """Writes the run that the arguments name, or lists all; returns the exit code.

    Raises:
        PlaygroundError: there is no such run, it cannot be written in this format, or the file may not be written.
    """
    if not chosen.list:
        if not chosen.wanted:
            raise PlaygroundError(
                "Which run is to be exported?", "Its id, its name or 'latest' was expected.", "See: export --list"
            )
        if not chosen.format:
            raise PlaygroundError("In which format?", f"--format was expected, with one of: {', '.join(FORMATS)}.")
        if chosen.output:
            check_target(chosen.output, chosen.force)
    # Late, because it imports torch, and a wrong argument is told at once.
    from playground.store import Store

    store = Store()
    try:
        return list_runs(store) if chosen.list else write(store, chosen)
    finally:
        store.close()


def list_runs(store: Store) -> int:
    """Prints one line a run, the newest first."""
    from playground.data import source

    runs = store.runs(None)
    if not runs:
        print("No runs are stored yet.", file=sys.stderr)
        return 0
    width = max(len(run.id) for run in runs)
    names = min(40, max(len(run.name) for run in runs))
    for run in runs:
        score = run.summary.test_accuracy
        try:
            data, task = run.run.dataset.name, source(run.run.dataset).task
        except PlaygroundError:
            data, task = "?", "classification"
        exam = "" if score is None else f"R² {score:.3f}" if task == "regression" else f"{score:.2%}"
        print(f"{run.id:<{width}}  {run.name[:names]:<{names}}  {run.status:<11}  {exam:>8}  {data}")
    return 0


def write(store: Store, chosen: argparse.Namespace) -> int:
    """Writes the file; all of it, or nothing."""
    from playground.export.value import exported_run

    run = find(store, chosen.wanted)
    made = made_file(exported_run(store, run.id), chosen.format)
    path: Path = chosen.output or Path(made.name)
    check_target(path, chosen.force)
    partial = path.with_name(f"{path.name}.part")
    try:
        partial.write_bytes(made.data)
        os.replace(partial, path)
    except OSError as problem:
        partial.unlink(missing_ok=True)
        raise PlaygroundError(
            f"The file {path} could not be written ({problem.strerror}).", mend="Choose another place."
        ) from None
    print(f"{run.name}: written to {path} ({len(made.data):,} bytes).")
    return 0


def made_file(exported: Any, name: str) -> ExportedFile:
    """The run in the format of that name.

    Raises:
        PlaygroundError: the run cannot be written so, or a package is missing.
    """
    from playground.export.task import make_export

    task = make_export(exported, name)
    while True:
        try:
            next(task)
        except StopIteration as finished:
            made: ExportedFile = finished.value
            return made


def find(store: Store, wanted: str) -> StoredRun:
    """The one run that is meant: by its id, as "latest", by its exact name, or by the beginning of its id.

    Raises:
        PlaygroundError: there is none, or several; those are listed.
    """
    by_id = store.run(wanted)
    if by_id:
        return by_id
    if wanted == LATEST:
        newest = store.runs(None, limit=1)
        if newest:
            return newest[0]
        raise PlaygroundError("No runs are stored yet.", mend="Train one in the app first.")
    runs = store.runs(None, trials=True)
    for meant in ([run for run in runs if run.name == wanted], [run for run in runs if run.id.startswith(wanted)]):
        if len(meant) == 1:
            return meant[0]
        if meant:
            some = ", ".join(f"{run.id} ({run.name})" for run in meant[:SHOWN_CANDIDATES])
            more = f" and {len(meant) - SHOWN_CANDIDATES} more" if len(meant) > SHOWN_CANDIDATES else ""
            raise PlaygroundError(f"{wanted!r} may mean {len(meant)} runs: {some}{more}.", mend="Give more of the id.")
    raise PlaygroundError(f"There is no stored run {wanted!r}.", mend="See: python -m playground export --list")


def check_target(path: Path, force: bool) -> None:
    """Finds out whether the file may be written.

    Raises:
        PlaygroundError: it may not.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise PlaygroundError(f"There is no folder {folder}.", mend="Make it first, or choose another.")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise PlaygroundError(f"The file {path} cannot be written.", mend="Choose another place.")
    if path.exists() and not force:
        raise PlaygroundError(
            f"There is a file {path} already.", mend="Choose another with --output, or replace it with --force."
        )
