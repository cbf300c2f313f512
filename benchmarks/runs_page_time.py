"""How soon the Runs page stands with 1,000 stored runs of 20 epochs each."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from benchmarks.chromium import chromium_page
from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from benchmarks.server import served
from playground.catalog.presets import PRESETS
from playground.errors import PlaygroundError
from playground.spec import RunSpec
from playground.store.store import Store
from playground.store.values import Origin
from playground.training.events import CurveKept, EpochEnded, Event, RunFinished, RunStarted

RUNS, EPOCHS, BATCHES = 1000, 20, 100
OPEN_SECONDS = 1.0
OWNER = "bench-of-the-runs-page"
COOKIE = "playground_visitor"
FILL_SECONDS = 300.0


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the seconds from asking for the page to its end, over the websocket, and to its table in Chromium."""
    rounds = 5 if options.quick else 15
    with tempfile.TemporaryDirectory(prefix="playground-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'runs.db'}"
        fill(url, RUNS)
        with _environment(PLAYGROUND_DATABASE_URL=url), served() as server:
            first = opened(server.url)
            samples = [opened(server.url) for _ in range(rounds)]
            title = f"Runs page with {RUNS:,} runs of {EPOCHS} epochs"
            detail = f"the first after the server's start {first:.2f} s"
            report(median_of(f"{title}: asked for to sent, over the websocket", samples, "s", OPEN_SECONDS, "lower", detail))
            try:
                samples = drawn(server.url, rounds)
                report(median_of(f"{title}: click to drawn, in Chromium", samples, "s", OPEN_SECONDS, "lower"))
            except PlaygroundError as problem:
                print(f"{'skipped':>12}  {problem}")


def fill(url: str, count: int, owner: str = OWNER) -> None:
    """Stores so many finished runs of the presets, told as the job service tells them."""
    store = Store(url)
    for number in range(1, count + 1):
        preset = PRESETS[number % len(PRESETS)].run
        training = preset.training.model_copy(update={"epochs": EPOCHS})
        run = preset.model_copy(update={"seed": number, "training": training})
        run_id = f"bench-{number:06}"
        # Half of them branch from the run before, as after long work with the time machine.
        origin = Origin(parent=f"bench-{number - 1:06}", parent_step=5 * BATCHES) if number % 10 in (2, 4) else Origin()
        store.add(run_id, owner, number, f"Run {number} · {run.dataset.name}", run.to_json(), time.time() - number, origin)
        store.events(run_id, list(_events(run, number)), run.to_json(), True)
        if number % 50 == 0 and not store.flush(FILL_SECONDS):
            raise PlaygroundError("The runs could not be stored.", str(store.problem or ""))
    store.flush(FILL_SECONDS)
    store.close()


def _events(run: RunSpec, number: int) -> Iterator[Event]:
    yield RunStarted(101_770, 3200, 400, BATCHES, EPOCHS, "cpu", 1, "contiguous", ())
    for epoch in range(1, EPOCHS + 1):
        share = 1 - 0.5 / (epoch + number % 7)
        yield EpochEnded(epoch, BATCHES * epoch, 1 - share, share, 1.1 - share, share - 0.01, 0.001, 0.5 * epoch)
    steps = tuple(range(1, BATCHES * EPOCHS + 1))
    falling = tuple(2.3 / (1 + step / 50) for step in steps)
    rising = tuple(1 - loss / 2.3 for loss in falling)
    yield CurveKept(steps, tuple(step / BATCHES for step in steps), falling, rising, 0.001, 3200 * EPOCHS, 10.0)
    yield RunFinished(BATCHES * EPOCHS, EPOCHS, 0.2, 0.94, False, None, 10.0)


def opened(url: str) -> float:
    """Seconds from asking for the page until the server has sent all of it, for a browser that was here before."""
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    headers = {"Cookie": f"{COOKIE}={OWNER}"}
    with connect(
        address,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
        compression=None,
        additional_headers=headers,
    ) as socket:
        asked = BackMsg()
        asked.rerun_script.page_name = "Runs"
        asked.rerun_script.context_info.timezone = "UTC"
        began = time.monotonic()
        socket.send(asked.SerializeToString())
        rows = False
        while True:
            message = ForwardMsg()
            message.ParseFromString(socket.recv(timeout=30))  # type: ignore[arg-type]
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                raise PlaygroundError("The Runs page failed.", message.delta.new_element.exception.message)
            rows = rows or (kind == "delta" and message.delta.new_element.WhichOneof("type") == "dataframe")
            if kind == "script_finished":
                if not rows:
                    raise PlaygroundError("The Runs page has no table.")
                return time.monotonic() - began


def drawn(url: str, rounds: int) -> list[float]:
    """Seconds from the click on "Runs" on the front page until Chromium has drawn the table."""
    samples = []
    with chromium_page() as page:
        page.context.add_cookies([{"name": COOKIE, "value": OWNER, "url": url}])
        for _ in range(rounds):
            page.goto(url)
            page.wait_for_selector(".live-chart[data-drawings]")
            page.wait_for_timeout(500)
            began = time.monotonic()
            page.get_by_role("link", name="Runs", exact=True).first.click()
            page.wait_for_selector('[data-testid="stDataFrame"] canvas')
            samples.append(time.monotonic() - began)
    return samples


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Environment variables for the server, and afterwards as they were."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
