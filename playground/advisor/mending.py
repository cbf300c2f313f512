"""Changes to a run, each with the words for its button."""

from __future__ import annotations

import math

from playground.catalog.initialisations import HeNormal
from playground.catalog.layers import Dense, Dropout
from playground.edits import with_dataset, with_layers, with_training
from playground.findings import Mend
from playground.spec import RunSpec


def rate_times(run: RunSpec, factor: float) -> Mend:
    """The learning rate multiplied, within its bounds, with at most three digits."""
    rate = float(f"{min(10.0, run.training.optimizer.learning_rate * factor):.3g}")
    optimizer = run.training.optimizer.model_copy(update={"learning_rate": rate})
    word = "Lower" if factor < 1 else "Raise"
    return Mend(f"{word} the learning rate to {rate:g}", with_training(run, optimizer=optimizer))


def batches_of(run: RunSpec, size: int) -> Mend:
    return Mend(f"Use batches of {size}", with_training(run, batch_size=size))


def trained_longer(run: RunSpec, steps: int) -> Mend:
    """So many epochs that the `steps` (at least 1) which all of its epochs took become a thousand or more."""
    epochs = run.training.epochs * math.ceil(1000 / max(1, steps))
    return Mend(f"Train for {epochs} epochs", with_training(run, epochs=epochs))


def he_start(run: RunSpec) -> Mend:
    """First weights that keep the size of the values from layer to layer (He et al., 2015)."""
    network = run.network.model_copy(update={"initialisation": HeNormal()})
    return Mend("Start with He's weights", run.model_copy(update={"network": network}))


def more_images(run: RunSpec, available: int, things: str = "images") -> Mend | None:
    """Four times as many training examples, or all; None when all are used already."""
    size = run.dataset.training_size
    if size is None or size >= available:
        return None
    more = 4 * size
    if more >= available:
        return Mend(f"Learn from all {available:,} {things}", with_dataset(run, training_size=None))
    return Mend(f"Learn from {more:,} {things}", with_dataset(run, training_size=more))


def dropout_before_the_end(run: RunSpec) -> Mend | None:
    """Dropout in front of the last Dense layer, if another layer with weights comes before it."""
    layers = run.network.layers
    dense = [index for index, layer in enumerate(layers) if isinstance(layer, Dense)]
    if not dense or not any(layer.weighted for layer in layers[: dense[-1]]):
        return None
    mended = (*layers[: dense[-1]], Dropout(rate=0.5), *layers[dense[-1] :])
    return Mend("Add Dropout 0.5", with_layers(run, mended))
