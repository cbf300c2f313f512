"""Images a second of the same network, batch size and number of images: the playground against others, in turns."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestant import ROOT, Contestant
from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from playground import data
from playground.errors import PlaygroundError

INSTALL_KERAS = (
    "python3 -m venv .venv-keras && .venv-keras/bin/pip install -r benchmarks/requirements-keras.txt, "
    "then: bench --keras-python .venv-keras/bin/python"
)


@dataclass(frozen=True)
class Race:
    """One network, and the ratios to reach against each opponent; `quick_*` for a rough figure."""

    title: str
    batch_size: int
    images: int
    quick_images: int
    keras: float
    data_loader: float
    bare: float | None


RACES = {
    "first-network": Race("First network, batches of 32", 32, 60_000, 12_000, keras=3.0, data_loader=7.0, bare=0.95),
    "small-cnn": Race("two convolutions (16, 32), batches of 64", 64, 12_000, 3_200, keras=2.0, data_loader=2.0, bare=None),
}
# A slow opponent's ratio is far from its target and needs few rounds; the bare loop's is close to 1, and needs many.
ROUNDS, ROUNDS_BARE = 5, 15
QUICK_ROUNDS, QUICK_ROUNDS_BARE = 3, 7


def measure(name: str, options: Options, report: Report) -> None:
    """Reports one ratio for each opponent: the opponent's seconds for an epoch divided by the playground's.

    Raises:
        PlaygroundError: full MNIST is not on this computer.
    """
    race = RACES[name]
    images = race.quick_images if options.quick else race.images
    common = ["--network", name, "--images", str(images), "--batch-size", str(race.batch_size)]
    environment = _environment()
    with ExitStack() as stack:
        ours = stack.enter_context(
            Contestant(
                "playground",
                sys.executable,
                "playground_trainer.py",
                [*common, "--threads", str(options.threads)],
                environment,
            )
        )
        ours.epoch()
        threads = str(ours.ready["threads"])
        others = ["--threads", str(options.threads)]

        def against(title: str, script: str, arguments: list[str], target: float, rounds: int, python: str) -> None:
            with Contestant(title, python, script, [*common, *arguments], environment) as other:
                if other.ready["num_parameters"] != ours.ready["num_parameters"]:
                    raise PlaygroundError(f"{title} trains another network: {other.ready}, not {ours.ready}.")
                compare(race, ours, other, target, rounds, report)

        if race.bare:
            rounds = QUICK_ROUNDS_BARE if options.quick else ROUNDS_BARE
            # With as many threads as the playground chose: the bare loop, too, is slower with too many.
            against("a bare loop", "bare_loop.py", ["--threads", threads], race.bare, rounds, sys.executable)
        rounds = QUICK_ROUNDS if options.quick else ROUNDS
        folder = ["--data", str(data.data_folder())]
        against("a DataLoader loop", "data_loader_loop.py", [*others, *folder], race.data_loader, rounds, sys.executable)
        with _arrays() as file:
            python = keras_python(options)
            against("Keras fit", "keras_fit.py", [*others, "--data", str(file)], race.keras, rounds, python)


def compare(race: Race, ours: Contestant, other: Contestant, target: float, rounds: int, report: Report) -> None:
    """Lets two take turns, each going first in every second round, and reports the median of the rounds' ratios.

    The ratio in processor time stands beside it: on a computer that does other things as well, it is the steadier one.
    """
    other.epoch()
    ratios, processor_ratios, our_speeds, other_speeds = [], [], [], []
    for turn in range(rounds):
        pair = (ours, other) if turn % 2 else (other, ours)
        told = {contestant.title: contestant.epoch() for contestant in pair}
        mine, its = told[ours.title], told[other.title]
        ratios.append(its["seconds"] / mine["seconds"])
        processor_ratios.append(its["processor_seconds"] / mine["processor_seconds"])
        our_speeds.append(mine["images"] / mine["seconds"])
        other_speeds.append(its["images"] / its["seconds"])
    detail = (
        f"{statistics.median(our_speeds):,.0f} with {ours.ready['threads']} thread(s) against "
        f"{statistics.median(other_speeds):,.0f} images/s with {other.ready['threads']}; "
        f"in processor time {statistics.median(processor_ratios):.2f} times"
    )
    report(median_of(f"{race.title}: against {other.title}", ratios, "times", target, detail=detail))


def keras_python(options: Options) -> str:
    """A Python interpreter that has TensorFlow.

    Raises:
        PlaygroundError: there is none; says how to make one.
    """
    own = ROOT / ".venv-keras" / "bin" / "python"
    python = options.keras_python or (str(own) if own.is_file() else sys.executable)
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('tensorflow') is None)"
    try:
        found = subprocess.run([python, "-c", look], capture_output=True, check=False).returncode == 0
    except OSError:
        found = False
    if not found:
        raise PlaygroundError(f"No TensorFlow in {python}: nothing is compared with Keras.", mend=INSTALL_KERAS)
    return python


def _environment() -> dict[str, str]:
    """Nothing from outside decides on threads; the playground can be imported."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    return kept | {"PYTHONPATH": str(ROOT)}


@contextmanager
def _arrays() -> Iterator[Path]:
    """MNIST's training images in a file that needs no torch to be read."""
    import numpy as np

    digits = data.load("mnist")
    with tempfile.TemporaryDirectory(prefix="playground-bench-") as folder:
        path = Path(folder) / "mnist.npz"
        np.savez(path, images=digits.x_train[:, 0].numpy(), labels=digits.y_train.numpy())
        yield path
