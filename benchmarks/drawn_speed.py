"""The same run while Chromium draws its page on the same cores, and while nobody looks."""

from __future__ import annotations

import statistics
import time

from benchmarks.alternation import alternate, long_run
from benchmarks.chromium import chromium_page
from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from benchmarks.server import served

TARGET = 0.80
SETTLE_SECONDS = 2.0


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the drawn run's speed divided by that of the same run without a page.

    Raises:
        PlaygroundError: MNIST or Playwright is not on this computer, or the app does not do what it should.
    """
    rounds, seconds = (3, 4.0) if options.quick else (8, 8.0)
    with served() as server, chromium_page() as page:
        server.warm(long_run())
        run = server.submit(long_run())
        drawings: list[float] = []

        def look() -> None:
            page.goto(f"{server.url}/?run={run}")
            page.wait_for_selector(".live-chart[data-drawings]")
            time.sleep(SETTLE_SECONDS)

        def leave() -> None:
            if page.url != "about:blank":
                drawings.append(float(page.get_attribute(".live-chart", "data-drawings") or 0))
                page.goto("about:blank")
            time.sleep(SETTLE_SECONDS)

        found = alternate(server, run, look, leave, rounds, seconds)
        server.end(run)
    rate = statistics.median(drawings) / (seconds + SETTLE_SECONDS)
    detail = (
        f"{statistics.median(found.on):,.0f} against {statistics.median(found.off):,.0f} images/s, about {rate:.1f} drawings/s, "
        f"slices of {seconds:g} s"
    )
    report(median_of("First network: drawn by Chromium, against no page", found.ratios, "times", TARGET, detail=detail))
