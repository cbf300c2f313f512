"""How long a drawing takes from the canvas' pixels to the ten probabilities."""

from __future__ import annotations

import time

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from playground import data
from playground.catalog.presets import preset
from playground.drawing import prepare
from playground.insight.reading import pixel_scale, read
from playground.network import build

TARGET_MS = 50.0
PIXELS = 280
STROKE = ((70, 90), (100, 55), (160, 50), (200, 90), (180, 140), (120, 190), (75, 230), (215, 228))


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the milliseconds for a "2" drawn with thin, usual and thick pens, by the largest preset's network.

    Raises:
        PlaygroundError: MNIST is not on this computer.
    """
    run = preset("accurate-cnn").run
    weights = build(run.network, data.source(run.dataset).input_shape, run.seed).state_dict()
    scale = pixel_scale(run)
    canvases = [canvas(width) for width in (4, 18, 40)]
    samples = []
    for pixels in canvases * (6 if options.quick else 21):
        began = time.perf_counter()
        read(run, weights, prepare(pixels).image, scale)
        samples.append(1000 * (time.perf_counter() - began))
    del samples[: len(canvases)]  # the first calls of an operation take long
    report(median_of("accurate-cnn: a drawing prepared and read", samples, "ms", TARGET_MS, "lower", "280 x 280 pixels"))


def canvas(width: int) -> np.ndarray:
    """A "2" as the canvas hands it over: RGBA, uint8 (280, 280, 4), dark on white."""
    image = Image.new("RGBA", (PIXELS, PIXELS), "white")
    ImageDraw.Draw(image).line(STROKE, fill="black", width=width, joint="curve")
    return np.asarray(image)
