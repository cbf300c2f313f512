"""How soon the first point stands on the curve, and how soon pause and stop take effect."""

from __future__ import annotations

import random
import time

from benchmarks.alternation import long_run
from benchmarks.chromium import chromium_page
from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from benchmarks.server import Server, served
from benchmarks.visitor import Visitor
from playground.catalog.presets import preset
from playground.errors import PlaygroundError

FIRST_POINT_SECONDS = 0.5
COMMAND_SECONDS = 0.3
LARGEST = "accurate-cnn"

# Clicks the button, and looks at every frame until the chart has a point.
CLICK_AND_WATCH = """
(label) => new Promise((done) => {
  const has_point = () => {
    const chart = document.querySelector(".live-chart");
    return chart?.data?.some((trace) => trace.x?.length > 0 && Array.from(trace.y).some(Number.isFinite));
  };
  const button = [...document.querySelectorAll("button")].find((found) => found.innerText.trim().endsWith(label));
  const clicked = performance.now();
  button.click();
  const look = () => has_point() ? done((performance.now() - clicked) / 1000) : requestAnimationFrame(look);
  requestAnimationFrame(look);
})
"""


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the first point over the websocket and in Chromium, and pause and stop of the largest preset.

    Raises:
        PlaygroundError: MNIST is not on this computer, or the app does not do what it should.
    """
    rounds = 5 if options.quick else 11
    with served() as server:
        server.warm(long_run())
        title = "First network: click to the first point on the curve"
        samples = [first_point(server) for _ in range(rounds)]
        report(median_of(f"{title}, over the websocket", samples, "s", FIRST_POINT_SECONDS, "lower"))
        try:
            samples = first_points_drawn(server, rounds)
            report(median_of(f"{title}, drawn by Chromium", samples, "s", FIRST_POINT_SECONDS, "lower"))
        except PlaygroundError as problem:
            print(f"{'skipped':>12}  {problem}")
        pauses, stops = commands(server, rounds)
        report(median_of(f"{LARGEST}: click to paused", pauses, "s", COMMAND_SECONDS, "lower"))
        report(median_of(f"{LARGEST}: click to stopped", stops, "s", COMMAND_SECONDS, "lower"))


def first_point(server: Server) -> float:
    """Seconds from the click on Train until a chart with a point has come, for a new visitor."""
    with Visitor(server.url) as visitor:
        visitor.load()
        visitor.forget_chart()
        clicked = visitor.click("Train")
        seconds = visitor.wait_for_chart() - clicked
        visitor.click("Stop")
        visitor.wait_for_button("Train")
    return seconds


def first_points_drawn(server: Server, rounds: int) -> list[float]:
    """Seconds from the click on Train until Chromium has drawn a point, each in a fresh page."""
    samples = []
    with chromium_page() as page:
        for _ in range(rounds):
            page.goto(server.url)
            button = page.get_by_role("button", name="Train", exact=False).first
            button.wait_for()
            page.wait_for_selector(".live-chart[data-drawings]")
            samples.append(float(page.evaluate(CLICK_AND_WATCH, "Train")))
            page.get_by_role("button", name="Stop").click()
            button.wait_for()
    return samples


def commands(server: Server, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from a click on Pause, and on Stop, until the worker says that the run has paused, or stopped.

    The clicks fall at random moments, as a person's do.
    """
    moments = random.Random(0)
    pauses, stops = [], []
    for _ in range(rounds):
        run = server.submit(preset(LARGEST).run)
        with Visitor(server.url, f"run={run}") as visitor:
            visitor.load()
            server.mark(run)
            time.sleep(moments.uniform(0.5, 1.5))
            clicked = visitor.click("Pause")
            pauses.append(server.wait(run, "paused") - clicked)
            clicked = visitor.click("Resume")
            server.wait(run, "running")
            server.mark(run)
            time.sleep(moments.uniform(0.5, 1.5))
            clicked = visitor.click("Stop")
            stops.append(server.wait(run, "stopped") - clicked)
        server.end(run)
    return pauses, stops
