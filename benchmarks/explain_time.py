"""How long the views of the Explain page take the server, for one image and a network of some 100,000 parameters."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.measurement import Report, median_of
from benchmarks.options import Options
from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten, MaxPool
from playground.figures.attribution import attribution_figure
from playground.figures.feature_maps import Strip, colour_limit, map_figure, strips_html
from playground.insight.activations import activations, spread
from playground.insight.adversarial import search
from playground.insight.attribution import attribute_now
from playground.insight.attribution_methods import METHODS
from playground.insight.attribution_types import Method
from playground.insight.neighbours import nearest_neighbours
from playground.insight.networks import TrainedNetwork, trained_network
from playground.insight.preferred import preferred_image
from playground.insight.top_images import top_images
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

TARGET_SECONDS = 0.3
LAYERS = (
    Conv2d(filters=16, kernel_size=3),
    MaxPool(),
    Conv2d(filters=32, kernel_size=3),
    MaxPool(),
    Flatten(),
    Dense(units=64),
    Dense(units=10, activation=Identity()),
)


def measure(name: str, options: Options, report: Report) -> None:
    """Reports the seconds of each view, with the settings that it opens with, its figures made as well.

    Raises:
        PlaygroundError: MNIST is not on this computer.
    """
    # One thread, whatever the options say: a page shares no cores with the training (`insight/quick.py`).
    trained = learned()
    count = sum(parameter.numel() for parameter in trained.network.parameters())
    detail = f"{count:,} parameters, 1 thread"
    rounds = 5 if options.quick else 21

    def tell(
        title: str, work: Callable[[torch.Tensor], object], *, target: float | None = TARGET_SECONDS, about: str = ""
    ) -> None:
        few = rounds if target else 3
        samples = [seconds(work, trained.dataset.x_test[number]) for number in range(few + 1)][1:]  # the first call takes long
        report(median_of(f"Explain: {title}", samples, "s", target, "lower", f"{detail}{about}"))

    tell("all layers as pictures, one enlarged", lambda image: layers(trained, image))
    for method in METHODS:
        chosen = ", ".join(f"{knob.title.lower()} {knob.default:g}" for knob in method.knobs)
        tell(method.title, partial(pixels, trained, method), about=f"; {chosen}" if chosen else "")
    tell("the smallest change of mind", lambda image: drained(search(trained, image.numpy(), rival(trained, image))))
    asked: dict[str, Any] = {"run_json": trained.run.to_json(), "weights": trained.network.state_dict()}
    neuron: dict[str, Any] = {**asked, "layer": 5, "unit": 0, "pooling": "strongest"}
    climb: dict[str, Any] = {"steps": 150, "blur": 0.6, "jitter": 1, "l2": 0.01}
    tell("an image made for a neuron", lambda image: drained(preferred_image(**neuron, **climb)), about="; 150 steps")
    # These two look at thousands of images: they run in a worker, and tell how far they are.
    tell("a neuron's top images", lambda image: drained(top_images(**neuron)), target=None, about="; 10,000 test images")
    tell(
        "nearest neighbours",
        lambda image: drained(nearest_neighbours(**asked, pixels=image.numpy(), limit=5_000)),
        target=None,
        about="; 5,000 training images",
    )


def learned() -> TrainedNetwork:
    """The network after one epoch of 12,000 images, on the CPU."""
    run = RunSpec(
        network=NetworkSpec(layers=LAYERS),
        dataset=DatasetSpec(name="mnist", training_size=12_000),
        training=TrainingSpec(epochs=1, batch_size=64),
    )
    torch.set_num_threads(1)
    runtime = Runtime()
    trainer = Trainer(run, data.load("mnist"), runtime=runtime)
    for _ in trainer:
        pass
    return trained_network(run, trainer.weights(), runtime)


def seconds(work: Callable[[torch.Tensor], object], image: torch.Tensor) -> float:
    began = time.perf_counter()
    work(image)
    return time.perf_counter() - began


def layers(trained: TrainedNetwork, image: torch.Tensor) -> object:
    """What the page does for its first view: every map, not only the first ones."""
    found = activations(trained, trained.batches.inputs(image[None]))
    limits = [colour_limit(layer.values) for layer in found]
    strips = [
        Strip(f"{place}:", layer.title, str(spread(layer.values)), layer.values, limit)
        for place, (layer, limit) in enumerate(zip(found, limits, strict=True))
    ]
    return strips_html(strips), map_figure(found[1].values[0], "", limits[1]).to_json()


def pixels(trained: TrainedNetwork, method: Method, image: torch.Tensor) -> object:
    found = attribute_now(trained, trained.batches.inputs(image[None]), 3, method.slug, {})
    return attribution_figure(found.values, image.numpy(), "").to_json()


def rival(trained: TrainedNetwork, image: torch.Tensor) -> int:
    """The second most probable class, with which the view opens."""
    with torch.inference_mode():
        return int(np.argsort(trained.network(trained.batches.inputs(image[None]))[0].numpy())[-2])


def drained(work: Generator[Any, None, Any]) -> object:
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value
