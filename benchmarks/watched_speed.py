"""The same run, watched by one visitor over the websocket, and not watched."""

from __future__ import annotations

import statistics

from benchmarks.alternation import alternate, long_run
from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from benchmarks.server import served
from benchmarks.visitor import Visitor

TARGET = 0.93


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the watched run's speed divided by the unwatched one's; the page sets the rate of its ticks itself.

    Raises:
        PlaygroundError: MNIST is not on this computer, or the app does not do what it should.
    """
    rounds, seconds = (5, 3.0) if options.quick else (12, 6.0)
    with served() as server:
        server.warm(long_run())
        run = server.submit(long_run())
        with Visitor(server.url, f"run={run}") as visitor:
            visitor.load()
            visitor.wait_for_chart()

            def watch(watching: bool) -> None:
                visitor.watching = watching

            ticks = visitor.ticks
            found = alternate(server, run, lambda: watch(True), lambda: watch(False), rounds, seconds)
            rate = (visitor.ticks - ticks) / (rounds * seconds)
            server.end(run)
    detail = (
        f"{statistics.median(found.on):,.0f} against {statistics.median(found.off):,.0f} images/s, {rate:.1f} ticks/s, "
        f"slices of {seconds:g} s"
    )
    title = "First network: watched over the websocket, against unwatched"
    report(median_of(title, found.ratios, "times", TARGET, detail=detail))
