"""Which benchmarks there are, and the run of some of them."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.measurement import Measurement
from benchmarks.options import Options
from benchmarks.results import write_results
from playground import data
from playground.errors import PlaygroundError

# name -> (module, one line about it); the function `measure(options, report)` of the module does the work.
BENCHMARKS: dict[str, tuple[str, str]] = {
    "first-network": ("training_speed", "training speed: First network against Keras, a DataLoader loop and a bare loop"),
    "small-cnn": ("training_speed", "training speed: two convolutions against Keras and a DataLoader loop"),
    "watched": ("watched_speed", "training speed while one visitor watches over the websocket, against nobody watching"),
    "drawn": ("drawn_speed", "training speed while Chromium draws the page on the same cores, against nobody watching"),
    "response": ("response_time", "first point after the click; pause and stop of the largest preset"),
    "tick": ("tick_cost", "the server's processor time for a live tick after 20,000 batches"),
    "drawing": ("drawing_time", "a drawing prepared and read"),
    "memory": ("memory_use", "memory of the server and one busy worker"),
    "storing": ("storing_cost", "training speed while a run is stored, against not stored"),
    "under-the-hood": ("probe_cost", "training speed while layers are measured, against not measured"),
    "runs-page": ("runs_page_time", "the Runs page with 1,000 stored runs of 20 epochs"),
    "compare": ("compare_time", "twenty stored runs drawn over one another by the server"),
    "explain": ("explain_time", "each view of the Explain page on one image of a network of 100,000 parameters"),
    "maps": ("map_time", "t-SNE of 1,000 images and a 25 x 25 loss landscape in the job service; their cancelling"),
    "plane": ("plane_live", "points in the plane in Chromium: epochs and pictures a second, an edited weight; the spiral's loss"),
    "keras-script": ("keras_script", "the exported Keras script of First network: its test accuracy against the playground's"),
    "accuracy": ("accuracy", "test accuracy of three presets over several seeds (long)"),
}
LONG = ("accuracy",)


def main(chosen: argparse.Namespace) -> int:
    """Measures what the command's arguments name; returns 0 when every target was reached, otherwise 1.

    Raises:
        PlaygroundError: there is no benchmark of a name, or something that it needs is missing.
    """
    if chosen.list:
        for name, (_, about) in BENCHMARKS.items():
            print(f"{name:<14} {about}")
        return 0
    names = list(dict.fromkeys([*chosen.names, *chosen.only])) or [name for name in BENCHMARKS if name not in LONG]
    for name in names:
        if name not in BENCHMARKS:
            raise PlaygroundError(f"There is no benchmark {name!r}.", f"There are: {', '.join(BENCHMARKS)}.")
    data.load("mnist")  # all of them need it, and it is better missed now than after an hour
    options = Options(chosen.quick, chosen.threads, chosen.keras_python, chosen.seeds)
    found = [measurement for name in names for measurement in run_one(name, options, chosen.write)]
    missed = [measurement for measurement in found if not measurement.reached]
    print(f"\n{len(found)} figure(s), {len(missed)} short of their target.")
    return 1 if missed else 0


def run_one(name: str, options: Options, keep: bool) -> list[Measurement]:
    """Runs one benchmark, prints its figures, and writes them down when they are to be kept."""
    module, about = BENCHMARKS[name]
    print(f"\n{name}: {about}", flush=True)
    found: list[Measurement] = []

    def report(measurement: Measurement) -> None:
        found.append(measurement)
        print(measurement.line(), flush=True)

    measure: Callable[..., Any] = importlib.import_module(f"benchmarks.{module}").measure
    try:
        measure(name, options, report)
    except PlaygroundError as problem:
        print(f"{'skipped':>12}  {' '.join(str(problem).split())}", file=sys.stderr, flush=True)
        found.append(Measurement(f"{name}: {problem.what}", float("nan"), "", 0.0))
    if keep:
        write_results(name, about, found, options)
    return found
