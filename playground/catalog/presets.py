"""Presets: whole experiments to start from in one click. To add one is to add one entry to the list below."""

from __future__ import annotations

from dataclasses import dataclass

from playground.catalog.activations import Identity, Sigmoid, Tanh
from playground.catalog.augmentations import Rotation, Shear, Shift, Zoom
from playground.catalog.initialisations import XavierUniform
from playground.catalog.layers import (
    ActivationLayer,
    AvgPool,
    BatchNorm,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool,
    MaxPool,
)
from playground.catalog.losses import CrossEntropy
from playground.catalog.optimizers import SGD, Adam, AdamW
from playground.catalog.schedules import Cosine, OneCycle
from playground.errors import PlaygroundError
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec


@dataclass(frozen=True)
class Preset:
    """A ready experiment. `slug` is its name on the command line."""

    slug: str
    title: str
    help: str
    run: RunSpec


def _scores(num_classes: int = 10) -> Dense:
    """The last layer: one number for each class, which the loss turns into probabilities."""
    return Dense(units=num_classes, activation=Identity())


def _convolution(filters: int, kernel_size: int, stride: int = 1) -> Conv2d:
    """Without a bias and an activation of its own: batch normalisation, which shifts anyway, comes before it."""
    return Conv2d(filters=filters, kernel_size=kernel_size, stride=stride, padding="valid", activation=Identity(), bias=False)


PRESETS: tuple[Preset, ...] = (
    Preset(
        "first-network",
        "First network",
        "One hidden layer of 128 neurons. Reads 97 to 98 of 100 digits after some seconds.",
        RunSpec(
            network=NetworkSpec(layers=(Flatten(), Dense(units=128), _scores())),
            training=TrainingSpec(optimizer=Adam(), schedule=Cosine(), epochs=5, batch_size=32),
        ),
    ),
    Preset(
        "two-layers-sgd",
        "Two layers, SGD",
        "A smaller network with plain gradient descent: slower steps, easier to follow.",
        RunSpec(
            network=NetworkSpec(layers=(Flatten(), Dense(units=64), _scores())),
            training=TrainingSpec(optimizer=SGD(learning_rate=0.05), epochs=10, batch_size=32),
        ),
    ),
    Preset(
        "lenet-5",
        "LeNet-5",
        "The network that read cheques in 1998 (LeCun et al.): convolutions, average pooling, tanh.",
        RunSpec(
            network=NetworkSpec(
                layers=(
                    Conv2d(filters=6, kernel_size=5, padding="same", activation=Tanh()),
                    AvgPool(),
                    Conv2d(filters=16, kernel_size=5, padding="valid", activation=Tanh()),
                    AvgPool(),
                    Flatten(),
                    Dense(units=120, activation=Tanh()),
                    Dense(units=84, activation=Tanh()),
                    _scores(),
                ),
                initialisation=XavierUniform(),
            ),
            training=TrainingSpec(optimizer=Adam(), epochs=5, batch_size=64),
        ),
    ),
    Preset(
        "fast-cnn",
        "Fast CNN",
        "Three small convolutions and a one-cycle rate: 99 of 100 digits in under a minute.",
        RunSpec(
            network=NetworkSpec(
                layers=(
                    _convolution(12, 5),
                    MaxPool(),
                    BatchNorm(),
                    ActivationLayer(),
                    _convolution(32, 3),
                    MaxPool(),
                    BatchNorm(),
                    ActivationLayer(),
                    _convolution(64, 3),
                    BatchNorm(),
                    ActivationLayer(),
                    Flatten(),
                    _scores(),
                )
            ),
            dataset=DatasetSpec(validation_share=0.08),
            training=TrainingSpec(
                optimizer=AdamW(learning_rate=0.01),
                schedule=OneCycle(),
                augmentation=(Rotation(degrees=8), Shift(distance=1), Zoom(percent=8)),
                epochs=5,
                batch_size=128,
            ),
        ),
    ),
    Preset(
        "accurate-cnn",
        "Accurate CNN",
        "Four convolutions and augmented digits: 99.6 of 100, for those who can wait some minutes.",
        RunSpec(
            network=NetworkSpec(
                layers=(
                    _convolution(32, 5, stride=2),
                    BatchNorm(),
                    ActivationLayer(),
                    _convolution(64, 3),
                    BatchNorm(),
                    ActivationLayer(),
                    _convolution(96, 3),
                    BatchNorm(),
                    ActivationLayer(),
                    MaxPool(),
                    _convolution(192, 3),
                    BatchNorm(),
                    ActivationLayer(),
                    GlobalAvgPool(),
                    _scores(),
                )
            ),
            dataset=DatasetSpec(validation_share=0.08),
            training=TrainingSpec(
                loss=CrossEntropy(label_smoothing=0.05),
                optimizer=AdamW(learning_rate=0.008, weight_decay=0.05),
                schedule=OneCycle(),
                augmentation=(Rotation(degrees=15), Shift(distance=2.5), Zoom(percent=12), Shear(degrees=5)),
                epochs=14,
                batch_size=128,
            ),
        ),
    ),
    Preset(
        "too-deep-with-sigmoids",
        "Too deep with sigmoids",
        "Eight sigmoid layers: the gradient fades on its way back, and the first layers hardly learn.",
        RunSpec(
            network=NetworkSpec(
                layers=(Flatten(), *(Dense(units=32, activation=Sigmoid()) for _ in range(8)), _scores()),
                initialisation=XavierUniform(),
            ),
            training=TrainingSpec(optimizer=SGD(learning_rate=0.1), epochs=3, batch_size=64),
        ),
    ),
    Preset(
        "overfit-on-500",
        "Overfit on 500 images",
        "A large network and few images: it learns them by heart, and the validation loss rises.",
        RunSpec(
            network=NetworkSpec(layers=(Flatten(), Dense(units=512), Dense(units=256), _scores())),
            dataset=DatasetSpec(training_size=500),
            training=TrainingSpec(optimizer=Adam(), epochs=40, batch_size=32),
        ),
    ),
)


def preset(slug: str) -> Preset:
    """The preset of that slug.

    Raises:
        PlaygroundError: there is none; the message lists them.
    """
    for entry in PRESETS:
        if entry.slug == slug:
            return entry
    known = ", ".join(entry.slug for entry in PRESETS)
    raise PlaygroundError(f"There is no preset {slug!r}.", f"There are: {known}.", "Choose one of these.")
