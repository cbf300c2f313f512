"""Resident memory of the server and one busy worker."""

from __future__ import annotations

import time

import psutil

from benchmarks.measurement import Measurement, Report
from benchmarks.options import Options
from benchmarks.server import served
from benchmarks.visitor import Visitor
from playground.catalog.presets import preset

TARGET_MB = 1200.0
LARGEST = "accurate-cnn"


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the largest sum of both while the largest preset trains on full MNIST and a visitor watches.

    Memory that processes share is counted once (proportional set size), where the system can tell.

    Raises:
        PlaygroundError: MNIST is not on this computer, or the app does not do what it should.
    """
    seconds = 8.0 if options.quick else 30.0
    largest: tuple[float, float, float] = (0.0, 0.0, 0.0)
    with served() as server:
        run = server.submit(preset(LARGEST).run)
        server.wait(run, "running", seconds=60)
        with Visitor(server.url, f"run={run}") as visitor:
            visitor.load()
            visitor.wait_for_chart()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                server_pid, worker_pids = server.pids()
                mine, theirs = megabytes(server_pid), sum(megabytes(pid) for pid in worker_pids)
                largest = max(largest, (mine + theirs, mine, theirs))
                time.sleep(1)
        workers = len(worker_pids)
        server.end(run)
    detail = f"server {largest[1]:,.0f} MB, {workers} worker(s) {largest[2]:,.0f} MB, largest in {seconds:g} s"
    report(Measurement(f"{LARGEST}: memory of server and workers", largest[0], "MB", TARGET_MB, "lower", detail))


def megabytes(pid: int) -> float:
    """Resident memory of a process."""
    memory = psutil.Process(pid).memory_full_info()
    return float(getattr(memory, "pss", memory.rss)) / 1e6
