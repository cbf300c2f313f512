"""Test accuracies of three presets, each trained with several seeds by `python -m playground train`."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement, Report, median_of
from benchmarks.options import Options
from playground.errors import PlaygroundError

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Goal:
    """What a preset has to reach: a share of the test images in percent, and, for some, seconds of training."""

    preset: str
    percent: float
    seconds: float | None = None


GOALS = (Goal("first-network", 97.5), Goal("fast-cnn", 99.0, 60.0), Goal("accurate-cnn", 99.6))


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the median accuracy of each preset, and its training time; `quick` leaves out the slowest preset.

    Raises:
        PlaygroundError: MNIST is not on this computer, or a run failed.
    """
    for goal in GOALS[:2] if options.quick else GOALS:
        runs = [train(goal.preset, seed, options.threads) for seed in range(options.seeds)]
        percents = [100 * run["test_accuracy"] for run in runs]
        seconds = [run["train_seconds"] for run in runs]
        detail = f"seeds 0 to {options.seeds - 1}, {runs[0]['epochs']} epochs, {runs[0]['num_parameters']:,} parameters"
        report(median_of(f"{goal.preset}: test images read right", percents, "%", goal.percent, detail=detail))
        speed = statistics.median(run["images_per_second"] for run in runs)
        detail = f"{speed:,.0f} images/s with {runs[0]['threads']} thread(s)"
        title = f"{goal.preset}: seconds of training"
        if goal.seconds:
            report(median_of(title, seconds, "s", goal.seconds, "lower", detail))
        else:
            report(Measurement(title, statistics.median(seconds), "s", detail=detail, samples=tuple(seconds)))


def train(preset: str, seed: int, threads: int) -> dict[str, Any]:
    """One run of the command line; what it printed as JSON.

    Raises:
        PlaygroundError: it failed.
    """
    command = [sys.executable, "-m", "playground", "train", "--preset", preset, "--dataset", "mnist", "--json"]
    command += ["--seed", str(seed), "--threads", str(threads)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PlaygroundError(f"{' '.join(command[1:])} ended with {done.returncode}.", done.stderr.strip()[-500:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
