"""How long the job service takes for the maps of a 100,000-parameter convolutional network."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten, MaxPool
from playground.errors import PlaygroundError
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec

NETWORK = NetworkSpec(
    layers=(
        Conv2d(filters=16, kernel_size=3, padding="valid"),
        MaxPool(),
        Conv2d(filters=32, kernel_size=3, padding="valid"),
        MaxPool(),
        Flatten(),
        Dense(units=112),
        Dense(units=10, activation=Identity()),
    )
)
IMAGES = 1000
GRID = 25
TSNE_SECONDS, LANDSCAPE_SECONDS, CANCEL_SECONDS = 10.0, 20.0, 0.5
POLL_SECONDS = 0.005
EMBED = "playground.insight.embedding:embed"
LANDSCAPE = "playground.insight.landscape:landscape"


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the seconds from asking to the result, and from a cancel to the next task's result, in a real worker.

    Raises:
        PlaygroundError: MNIST is not on this computer, or a task failed.
    """
    rounds = 1 if options.quick else 5
    run = RunSpec(
        network=NETWORK, dataset=DatasetSpec(name="mnist", training_size=6000), training=TrainingSpec(epochs=1, batch_size=64)
    )
    with JobService(workers=1, threads=options.threads) as service:
        run_id = service.submit(run, "bench")
        while service.info(run_id).is_active:
            time.sleep(POLL_SECONDS)
        weights = service.weights(run_id).tensors
        network = {"run_json": run.to_json(), "weights": weights}
        size = f"{sum(values.numel() for values in weights.values()):,} parameters"
        tsne = network | {"split": "test", "layers": (5,), "method": "t-SNE", "images": IMAGES}
        grid = network | {"split": "training", "kind": "random", "points": GRID, "reach": 1.0, "images": IMAGES}
        small = network | {"split": "test", "layers": (0,), "method": "PCA", "images": 5}
        _seconds(service, EMBED, small)  # the worker imports scikit-learn
        samples = [_seconds(service, EMBED, tsne) for _ in range(rounds)]
        report(median_of(f"t-SNE of {IMAGES:,} images, second pooling", samples, "s", TSNE_SECONDS, "lower", size))
        samples = [_seconds(service, LANDSCAPE, grid) for _ in range(rounds)]
        title = f"{GRID} x {GRID} loss landscape on {IMAGES:,} images"
        report(median_of(title, samples, "s", LANDSCAPE_SECONDS, "lower", size))
        samples = [_after_cancel(service, kind, wish, small) for kind, wish in ((EMBED, tsne), (LANDSCAPE, grid)) * rounds]
        report(median_of("a map cancelled: until another small one is there", samples, "s", CANCEL_SECONDS, "lower", size))


def _seconds(service: JobService, function: str, arguments: dict[str, Any]) -> float:
    began = time.monotonic()
    task = service.start_task(function, arguments, "bench")
    while (state := service.task(task)).is_active:
        time.sleep(POLL_SECONDS)
    if state.error is not None:
        raise state.error
    return time.monotonic() - began


def _after_cancel(service: JobService, function: str, arguments: dict[str, Any], next_one: dict[str, Any]) -> float:
    task = service.start_task(function, arguments, "bench")
    while (progress := service.task(task).progress) is None or progress.done * 4 < progress.total:
        if not service.task(task).is_active:
            raise PlaygroundError("A map was done before it could be cancelled.")
        time.sleep(POLL_SECONDS)
    began = time.monotonic()
    service.cancel_task(task)
    _seconds(service, EMBED, next_one)
    return time.monotonic() - began
