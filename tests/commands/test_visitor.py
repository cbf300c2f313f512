"""The visitor without a browser meets the real app."""

from __future__ import annotations

import os
import time

import pytest

from benchmarks.server import served
from benchmarks.visitor import Visitor

pytestmark = pytest.mark.skipif("PLAYGROUND_DATA_DIR" not in os.environ, reason="needs full MNIST")


def test_a_visitor_trains_watches_pauses_and_stops() -> None:
    with served() as server, Visitor(server.url) as visitor:
        visitor.load()
        visitor.forget_chart()
        clicked = visitor.click("Train")
        assert visitor.wait_for_chart() > clicked
        run = visitor.run_id()
        begun = server.mark(run)
        ticks, seen = visitor.ticks, time.monotonic()
        while visitor.ticks < ticks + 3 and time.monotonic() < seen + 20:
            time.sleep(0.1)
        assert visitor.ticks >= ticks + 3
        assert server.mark(run).images > begun.images
        visitor.watching = False
        time.sleep(0.2)
        ticks = visitor.ticks
        time.sleep(1)
        assert visitor.ticks == ticks
        visitor.watching = True
        clicked = visitor.click("Pause")
        assert server.wait(run, "paused", seconds=30) > clicked
        visitor.wait_for_button("Resume")
        visitor.click("Stop")
        server.wait(run, "stopped", seconds=30)
        visitor.wait_for_button("Train")
