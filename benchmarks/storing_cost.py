"""What it costs to store a run while it trains: the same run with and without a store, in turns."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.alternation import Alternation, long_run
from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from playground.jobs import JobService
from playground.store.store import Store
from playground.training.events import BatchesEnded

TARGET = 0.97
POLL_SECONDS = 0.002


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the speed of the First network on full MNIST while it is stored, as a share of the speed while it is not.

    Raises:
        PlaygroundError: MNIST is not on this computer.
    """
    rounds, seconds = (6, 4.0) if options.quick else (12, 8.0)
    with tempfile.TemporaryDirectory(prefix="playground-bench-") as folder:
        store = Store(f"sqlite:///{Path(folder) / 'runs.db'}")
        with (
            JobService(workers=1, threads=options.threads, store=store) as stored,
            JobService(workers=1, threads=options.threads) as plain,
        ):
            found = _alternate(stored, plain, rounds, seconds)
        store.close()
        size = (Path(folder) / "runs.db").stat().st_size / 1e6
    detail = f"stored {max(found.on):,.0f}, not stored {max(found.off):,.0f} images/s at best; {size:.0f} MB in SQLite"
    name = "First network: speed while stored, share of the speed while not"
    report(median_of(name, found.ratios, "times", TARGET, detail=detail))


def _alternate(stored: JobService, plain: JobService, rounds: int, seconds: float) -> Alternation:
    runs = {service: service.submit(long_run(), "bench") for service in (stored, plain)}
    for service, run in runs.items():
        _mark(service, run)
        service.pause(run)
    speeds: dict[JobService, list[float]] = {stored: [], plain: []}
    for turn in range(rounds):
        for service in (stored, plain) if turn % 2 else (plain, stored):
            speeds[service].append(_speed(service, runs[service], seconds))
    for service, run in runs.items():
        service.stop(run)
    return Alternation(speeds[stored], speeds[plain])


def _speed(service: JobService, run: str, seconds: float) -> float:
    """Images a second, by the clock on the wall, between two pieces of news."""
    service.resume(run)
    began, before = _mark(service, run)
    time.sleep(seconds)
    ended, after = _mark(service, run)
    service.pause(run)
    while service.info(run).status != "paused":
        time.sleep(POLL_SECONDS)
    return (after - before) / (ended - began)


def _mark(service: JobService, run: str) -> tuple[float, int]:
    """When the next news of batches came, and how many images had been learned from by then."""
    cursor = service.events_since(run, 10**9)[1]
    while True:
        events, cursor = service.events_since(run, cursor)
        told = [event for event in events if isinstance(event, BatchesEnded)]
        if told:
            return time.monotonic(), told[-1].images
        time.sleep(POLL_SECONDS)
