"""Points in the plane in Chromium: epochs and pictures a second, an edited weight, and the spiral's test loss."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.chromium import chromium_page
from benchmarks.measurement import Measurement, Report, median_of
from benchmarks.options import Options
from benchmarks.server import Server, served
from playground import data
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense
from playground.catalog.losses import CrossEntropy
from playground.catalog.optimizers import SGD
from playground.catalog.plane_presets import PLANE_PRESETS
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec
from playground.training.events import RunFinished
from playground.training.trainer import Trainer

EPOCHS_A_SECOND = 60
PICTURES_A_SECOND = 5
EDIT_SECONDS = 0.3
SPIRAL_LOSS, SPIRAL_EPOCHS = 0.05, 1000
TRAIN_POINTS = 250
PARAMETER = "plane"

# Types a bias and looks at every frame until the surface is another one.
TYPE_AND_WATCH = """
(value) => new Promise((done) => {
  const canvas = document.querySelector(".pv-surface");
  const seen = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join();
  const field = document.querySelector('.pv-card input[type="number"]');
  const before = seen();
  field.value = String(value);
  const typed = performance.now();
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  const look = () => seen() !== before ? done((performance.now() - typed) / 1000) : requestAnimationFrame(look);
  requestAnimationFrame(look);
})
"""
DRAWINGS = "() => Number(document.querySelector('.plane-view').dataset.drawings)"


def measure(name: str, options: Options, report: Report) -> None:
    """Reports all four; the first three in the real app, with Chromium drawing in software on the same cores.

    Raises:
        PlaygroundError: Playwright is not installed, or the app does not do what it should.
    """
    rounds, seconds = (3, 4.0) if options.quick else (8, 6.0)
    with served() as server, chromium_page() as page:
        speeds, pictures = watched(server, page, rounds, seconds)
        title = "2-4-2 network, 250 points, batches of 10, the page watching"
        report(median_of(f"{title}: epochs a second", speeds, "a second", EPOCHS_A_SECOND))
        report(median_of(f"{title}: pictures of the output a second", pictures, "a second", PICTURES_A_SECOND))
        edits = edited(page, 7 if options.quick else 15)
        title = "a bias typed: from Enter to the changed surface"
        report(median_of(f"{title}, while the run waits", edits, "s", EDIT_SECONDS, "lower"))
    losses = [spiral(seed) for seed in range(3 if options.quick else 5)]
    detail = f"the largest of seeds 0 to {len(losses) - 1}: {', '.join(f'{loss:.3f}' for loss in losses)}"
    title = f"preset “Spiral, 2 inputs” (2-8-8-1 tanh on x1 and x2): test loss after {SPIRAL_EPOCHS:,} epochs"
    report(Measurement(title, max(losses), "", SPIRAL_LOSS, "lower", detail, tuple(losses)))


def small_run() -> RunSpec:
    """Two inputs, four hidden neurons, two outputs."""
    return RunSpec(
        network=NetworkSpec(layers=(Dense(units=4, activation=Tanh()), Dense(units=2, activation=Identity()))),
        dataset=DatasetSpec(name="circles", validation_share=0, normalise=False, points=PointsSpec(num_points=2 * TRAIN_POINTS)),
        training=TrainingSpec(loss=CrossEntropy(), optimizer=SGD(learning_rate=0.03), epochs=40_000, batch_size=10),
    )


def watched(server: Server, page: Any, rounds: int, seconds: float) -> tuple[list[float], list[float]]:
    """Epochs and pictures a second, in each of some slices of one run."""
    page.goto(f"{server.url}/Plane?{PARAMETER}={small_run().to_link()}")
    page.wait_for_selector(".plane-view[data-drawings]")
    page.get_by_role("button", name="Start").first.click()
    page.wait_for_url("**run=*")
    run = page.url.split("run=")[1].split("&")[0]
    server.wait(run, "running")
    time.sleep(2 * seconds)  # the first epochs import and compile
    speeds, pictures = [], []
    for _ in range(rounds):
        before, drawn, began = server.mark(run), page.evaluate(DRAWINGS), time.monotonic()
        time.sleep(seconds)
        pictures.append((page.evaluate(DRAWINGS) - drawn) / (time.monotonic() - began))
        after = server.mark(run)
        speeds.append((after.images - before.images) / TRAIN_POINTS / (after.time - before.time))
    page.get_by_role("button", name="Pause").first.click()
    server.wait(run, "paused")
    return speeds, pictures


def edited(page: Any, count: int) -> list[float]:
    """Seconds from Enter to the surface, of one bias after another value."""
    time.sleep(2)
    page.locator(".pv-bias").last.click()
    page.wait_for_selector('.pv-card input[type="number"]')
    found = []
    for number in range(count):
        found.append(float(page.evaluate(TYPE_AND_WATCH, 1.5 if number % 2 else -1.5)))
        time.sleep(0.8)
    return found


def spiral(seed: int) -> float:
    """The test loss of the preset after 1,000 epochs."""
    run = next(preset.run for preset in PLANE_PRESETS if preset.slug == "plane-spiral").model_copy(update={"seed": seed})
    run = run.model_copy(update={"training": run.training.model_copy(update={"epochs": SPIRAL_EPOCHS})})
    *_, finished = Trainer(run, data.load(run.dataset))
    assert isinstance(finished, RunFinished)
    return finished.test_loss
