"""How long the server takes to draw twenty stored runs over one another."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from playground.catalog.presets import preset
from playground.store.store import Store
from playground.store.values import Origin
from playground.training.events import BatchesEnded, EpochEnded, Event, RunFinished, RunStarted
from playground.ui import session

TARGET_SECONDS = 1.0
RUNS, EPOCHS, BATCHES_PER_EPOCH, BATCHES_PER_EVENT = 20, 20, 1_500, 25
ROOT = Path(__file__).parents[1]


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the seconds of the page's script for runs that are read from the database, and again once they are known."""
    rounds = 3 if options.quick else 7
    before = os.environ.get("PLAYGROUND_RUNS_DIR")
    with tempfile.TemporaryDirectory(prefix="playground-compare-") as folder:
        os.environ["PLAYGROUND_RUNS_DIR"] = folder
        try:
            store_runs(rounds)
            page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
            page.session_state["visitor"] = "benchmark"
            page.run()
            time.sleep(5.0)  # until the training processes have started
            samples = [draw(number) for number in range(rounds)]
        finally:
            session.service().close()
            session.store().close()
            session.service.clear()
            session.store.clear()
            os.environ.pop("PLAYGROUND_RUNS_DIR")
            if before is not None:
                os.environ["PLAYGROUND_RUNS_DIR"] = before
    detail = f"{RUNS} runs of {EPOCHS} epochs, {EPOCHS * BATCHES_PER_EPOCH:,} batches each"
    report(median_of("Compare: runs read from the database", [cold for cold, _ in samples], "s", TARGET_SECONDS, "lower", detail))
    report(median_of("Compare: the same runs drawn again", [warm for _, warm in samples], "s", TARGET_SECONDS, "lower", detail))


def draw(number: int) -> tuple[float, float]:
    """Seconds of the first and of the second drawing of twenty runs, in a fresh session."""
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    page.session_state["visitor"] = "benchmark"
    page.run()
    page.query_params["runs"] = ",".join(run_id(number, place) for place in range(RUNS))
    page.switch_page("pages/4_Compare.py")
    seconds = []
    for unit in ("epoch", "second"):
        page.session_state["compare_unit"] = unit
        began = time.perf_counter()
        page.run()
        seconds.append(time.perf_counter() - began)
        if page.exception or len(page.session_state["compare_payload"]["traces"]) != 4 * RUNS:
            raise RuntimeError(f"the page did not draw its runs: {page.exception}")
    return seconds[0], seconds[1]


def run_id(number: int, place: int) -> str:
    return f"benchmark-{number}-{place}"


def store_runs(rounds: int) -> None:
    """Twenty finished runs a round, as the job service would have stored them; their curves are made up."""
    spec = preset("first-network").run
    store = Store()
    try:
        for number in range(rounds):
            for place in range(RUNS):
                seeded = spec.model_copy(update={"seed": place}).to_json()
                chosen = run_id(number, place)
                store.add(chosen, "benchmark", RUNS * number + place + 1, f"Run {place + 1}", seeded, time.time(), Origin())
                store.events(chosen, made_up_events(place), seeded, True)
        if not store.flush(120.0):
            raise RuntimeError(f"the runs could not be stored: {store.problem}")
    finally:
        store.close()


def made_up_events(place: int) -> list[Event]:
    """A whole run's events, with a loss that falls as 1 / step."""
    events: list[Event] = [RunStarted(101_770, 48_000, 12_000, BATCHES_PER_EPOCH, EPOCHS, "cpu", 1, "contiguous", ())]
    for epoch in range(1, EPOCHS + 1):
        for last in range(BATCHES_PER_EVENT, BATCHES_PER_EPOCH + 1, BATCHES_PER_EVENT):
            step = (epoch - 1) * BATCHES_PER_EPOCH + last
            steps = range(step - BATCHES_PER_EVENT + 1, step + 1)
            losses = tuple((100 + place) / (100 + at) + 0.01 * (at % 7) for at in steps)
            accuracies = tuple(1 - loss / 3 for loss in losses)
            events.append(BatchesEnded(step, step / BATCHES_PER_EPOCH, losses, accuracies, 0.001, 32 * step, step / 900))
        loss = (100 + place) / (100 + epoch * BATCHES_PER_EPOCH)
        figures = (loss, 1 - loss / 3, 1.2 * loss, 1 - loss / 2)
        events.append(EpochEnded(epoch, epoch * BATCHES_PER_EPOCH, *figures, 0.001, epoch * BATCHES_PER_EPOCH / 900))
    return [*events, RunFinished(EPOCHS * BATCHES_PER_EPOCH, EPOCHS, 0.05, 0.98, False, None, 34.0)]
