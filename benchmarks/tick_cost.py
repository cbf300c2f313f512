"""What a live tick costs the server once the curves are long."""

from __future__ import annotations

import time

from benchmarks.alternation import long_run
from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from benchmarks.server import Server, served
from benchmarks.visitor import Visitor
from playground.spec import RunSpec

TARGET_MS = 10.0
BATCHES = 20_000
WAIT_SECONDS = 240.0


def measure(name: str, options: Options, report: Report) -> None:
    """Reports processor time a tick: that of the server while a visitor watches, less that of the same time unwatched.

    Raises:
        PlaygroundError: MNIST is not on this computer, or the app does not do what it should.
    """
    rounds, seconds = (3, 4.0) if options.quick else (7, 8.0)
    with served() as server:
        server.warm(long_run())
        run = server.submit(small_batches())
        end = time.monotonic() + WAIT_SECONDS
        while server.mark(run).step < BATCHES and time.monotonic() < end:
            time.sleep(0.5)
        samples = []
        with Visitor(server.url, f"run={run}") as visitor:
            visitor.load()
            visitor.wait_for_chart()
            for _ in range(rounds):
                visitor.watching = False
                time.sleep(0.5)
                unwatched, _ = _used(server, visitor, seconds)
                visitor.watching = True
                time.sleep(0.5)
                watched, ticks = _used(server, visitor, seconds)
                samples.append(1000 * (watched - unwatched) * seconds / ticks)
            batches = server.mark(run).step
            server.end(run)
    detail = f"{batches:,} batches in the history at the end"
    report(median_of("a live tick: processor time of the server", samples, "ms", TARGET_MS, "lower", detail))


def small_batches() -> RunSpec:
    """The First network in batches of 16, so that there are many of them soon."""
    run = long_run()
    return run.model_copy(update={"training": run.training.model_copy(update={"batch_size": 16})})


def _used(server: Server, visitor: Visitor, seconds: float) -> tuple[float, int]:
    """Processor seconds a second that the server's process uses, and the ticks in `seconds`."""
    ticks, began, used = visitor.ticks, time.monotonic(), server.processor_seconds()
    time.sleep(seconds)
    share = (server.processor_seconds() - used) / (time.monotonic() - began)
    return share, max(1, visitor.ticks - ticks)
