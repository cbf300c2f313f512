"""`python -m playground train`: one run, without a browser."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground import settings
from playground.commands.arguments import whole_number
from playground.errors import PlaygroundError

if TYPE_CHECKING:
    from playground.data import Dataset
    from playground.spec import DatasetSpec, RunSpec

MAX_SPEC_BYTES = 1_000_000


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers of `argparse`."""
    command = commands.add_parser(
        "train", help="train a network", description="Train a network on images, a table or points, with its progress on stderr."
    )
    what = command.add_mutually_exclusive_group()
    what.add_argument(
        "--preset", metavar="NAME", help="a ready experiment, such as fast-cnn or plane-spiral (default: first-network)"
    )
    what.add_argument("--spec", metavar="FILE", type=Path, help="a run saved as JSON")
    command.add_argument(
        "--dataset", metavar="NAME", help="train on this data set instead, with a network fitted to it; `data list` shows all"
    )
    epochs = whole_number(1, settings.number("max_epochs"))
    command.add_argument("--epochs", metavar="N", type=epochs, help="how often to go through all that it learns from")
    command.add_argument("--seed", metavar="N", type=whole_number(0, 2**31 - 1), help="fixes every random draw")
    command.add_argument("--threads", metavar="N", type=whole_number(1, 1024), help="processor threads (default: the fastest)")
    command.add_argument("--json", action="store_true", help="print the results as one JSON object, the last line on stdout")
    command.add_argument("--save", metavar="FILE", type=Path, help="write the trained weights to FILE.safetensors")
    command.set_defaults(run=train)


def train(chosen: argparse.Namespace) -> int:
    """Trains what the arguments describe; returns the exit code.

    Raises:
        PlaygroundError: the arguments do not describe a run that can be trained here.
    """
    if chosen.save:
        check_target(chosen.save)
    # Read when torch is imported: beside other busy programs, threads that spin while they wait slow each other down.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    run = read_run(chosen)
    data = load_data(run.dataset)
    # Late, because it imports torch, and a wrong argument is told at once.
    from playground.commands.training_report import train_and_report

    return train_and_report(run, data, chosen)


def read_run(chosen: argparse.Namespace) -> RunSpec:
    """The run that the arguments describe, checked.

    Raises:
        PlaygroundError: there is no such run, or it cannot be trained.
    """
    from playground.catalog.plane_presets import PLANE_PRESETS
    from playground.catalog.presets import PRESETS, preset
    from playground.checks import require_trainable
    from playground.spec import RunSpec

    if chosen.spec:
        try:
            run = RunSpec.from_json(_text(chosen.spec))
        except PlaygroundError as problem:
            raise PlaygroundError(f"--spec {chosen.spec}: {problem.what}", problem.expected, problem.mend) from None
    else:
        plane = next((entry for entry in PLANE_PRESETS if entry.slug == chosen.preset), None)
        run = (plane or preset(chosen.preset or PRESETS[0].slug)).run
    if chosen.dataset is not None:
        run = on_dataset(run, chosen.dataset)
    if chosen.epochs is not None:
        run = run.model_copy(update={"training": run.training.model_copy(update={"epochs": chosen.epochs})})
    if chosen.seed is not None:
        run = run.model_copy(update={"seed": chosen.seed})
    for finding in require_trainable(run).findings:
        print(f"Note: {finding.message}", file=sys.stderr)
    return run


def on_dataset(run: RunSpec, name: str) -> RunSpec:
    """The run on another data set, with a loss and a last layer that fit it; what was fitted is told on stderr.

    Raises:
        PlaygroundError: there is no data set of that name.
    """
    from playground import data
    from playground.edits import with_dataset
    from playground.fitting import fitted

    source = data.source(name)
    points = run.dataset.points if source.example == "point" else None
    other = with_dataset(run, name=source.name, points=points, one_class=None)
    fitting = fitted(other, data.source(other.dataset))
    if fitting != other and data.is_available(source):  # else nothing is trained
        layers = ", ".join(layer.label() for layer in fitting.network.layers)
        print(f"Note: Fitted to {source.title}: {layers}; {fitting.training.loss.title}.", file=sys.stderr)
    return fitting


def load_data(spec: DatasetSpec) -> Dataset:
    """The data set, from this computer; nothing else ever takes its place.

    Raises:
        PlaygroundError: it is not here, or is damaged; says how to get it.
    """
    from playground import data

    try:
        return data.load(spec)
    except PlaygroundError as problem:
        if spec.name != "mnist":
            raise
        mend = f"{problem.mend.rstrip('.')}, or train on the 5,000 digits that are always here: --dataset mnist-5k"
        raise PlaygroundError(problem.what, problem.expected, mend) from None


def check_target(path: Path) -> None:
    """Finds out before the training whether the weights can be written after it.

    Raises:
        PlaygroundError: they cannot.
    """
    if path.suffix != ".safetensors":
        raise PlaygroundError(f"--save {path}: the name ends with {path.suffix!r}.", "It must end with '.safetensors'.")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise PlaygroundError(f"--save {path}: there is no folder {folder}.", mend="Make it first, or choose another.")
    if path.is_dir() or not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise PlaygroundError(f"--save {path}: this file cannot be written.", mend="Choose another place.")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_SPEC_BYTES:
            raise PlaygroundError(f"The file has {path.stat().st_size:,} bytes.", f"At most {MAX_SPEC_BYTES:,} are read.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise PlaygroundError("This is no text.", "A run saved as JSON was expected.") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise PlaygroundError(f"The file cannot be read ({reason}).", "A run saved as JSON was expected.") from None
