"""What a look under the hood costs: the same run with and without the probe, in turns, in one process."""

from __future__ import annotations

import os
import statistics
import time

from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten, MaxPool
from playground.catalog.presets import preset
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.events import BatchesEnded, LayersMeasured
from playground.training.runtime import choose_runtime
from playground.training.trainer import Trainer

# As the playground starts its own training processes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

TARGET = 0.95
CNN = (Conv2d(filters=16), MaxPool(), Conv2d(filters=32), MaxPool(), Flatten(), Dense(units=10, activation=Identity()))
NETWORKS = {"First network": (preset("first-network").run.network, 32), "small CNN": (NetworkSpec(layers=CNN), 64)}


def measure(name: str, options: Options, report: Report) -> None:
    """Reports, for two networks on full MNIST, the speed with the probe as a share of the speed without it.

    Raises:
        PlaygroundError: MNIST is not on this computer.
    """
    rounds, seconds = (8, 2.0) if options.quick else (16, 4.0)
    for title, (network, batch_size) in NETWORKS.items():
        run = RunSpec(
            network=network,
            dataset=DatasetSpec(name="mnist", validation_share=0.0),
            training=TrainingSpec(epochs=1000, batch_size=batch_size),
        )
        digits = data.load("mnist")
        runtime = choose_runtime(run, digits.input_shape, options.threads)
        probed, plain = (Trainer(run, digits, runtime=runtime, probe=probe) for probe in (True, False))
        for trainer in (probed, plain):
            _speeds(trainer, seconds / 2)
        ratios, processor_ratios, looks = [], [], 0
        for turn in range(rounds):
            found = {trainer: _speeds(trainer, seconds) for trainer in ((probed, plain) if turn % 2 else (plain, probed))}
            ratios.append(found[probed][0] / found[plain][0])
            processor_ratios.append(found[probed][1] / found[plain][1])
            looks += found[probed][2]
        detail = (
            f"{looks / rounds / seconds:.1f} looks a second, {runtime.threads} thread(s); "
            f"in processor time {statistics.median(processor_ratios):.3f} times"
        )
        report(
            median_of(f"{title}: speed with looks under the hood, share of that without", ratios, "times", TARGET, detail=detail)
        )


def _speeds(trainer: Trainer, seconds: float) -> tuple[float, float, int]:
    """Images a second by the clock, and a second of processor time, over at least `seconds`; and the looks."""
    before, looks = trainer.progress.images, 0
    began, used = time.perf_counter(), time.process_time()
    while True:
        event = next(trainer)
        looks += isinstance(event, LayersMeasured)
        # A turn ends behind a chunk of batches.
        if isinstance(event, BatchesEnded) and time.perf_counter() - began >= seconds:
            break
    images = trainer.progress.images - before
    return images / (time.perf_counter() - began), images / (time.process_time() - used), looks
