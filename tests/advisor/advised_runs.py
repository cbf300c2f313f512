"""For every rule of the advisor, a run of real digits that it must speak about, and one about which it must be silent."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from playground import data
from playground.advisor import Advice, advise, case_of
from playground.catalog.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from playground.catalog.augmentations import Noise, Rotation, Shift
from playground.catalog.initialisations import HeNormal, Normal, Zeros
from playground.catalog.layers import ActivationLayer, BatchNorm, Conv2d, Dense, Dropout, Flatten, GlobalAvgPool, MaxPool
from playground.catalog.losses import L1Loss, MeanSquaredError
from playground.catalog.optimizers import SGD, Adam
from playground.catalog.schedules import Cosine, Step
from playground.spec import DatasetSpec, NetworkSpec, Regularisation, RunSpec, TrainingSpec
from playground.training.events import EpochEnded, Event
from playground.training.history import History
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

SEEDS = (0, 1, 2)
SCORES = Dense(units=10, activation=Identity())


def dense(*units: int, activation: Any = None) -> tuple[Any, ...]:
    return (Flatten(), *(Dense(units=count, activation=activation or ReLU()) for count in units), SCORES)


def small(
    layers: tuple[Any, ...] = (),
    *,
    size: int | None = 1000,
    share: float = 0.125,
    normalise: bool = True,
    start: Any = None,
    **training: Any,
) -> RunSpec:
    """A run over some of the 4,000 sample digits, with 500 to validate on, which takes about 0.2 s."""
    network = {"layers": layers or dense(32)} | ({"initialisation": start} if start else {})
    return RunSpec(
        network=NetworkSpec(**network),
        dataset=DatasetSpec(name="mnist-5k", training_size=size, validation_share=share, normalise=normalise),
        training=TrainingSpec(**{"optimizer": Adam(), "epochs": 3, "batch_size": 32, **training}),
    )


def penalty(**values: Any) -> Regularisation:
    return Regularisation(**values)


@dataclass(frozen=True)
class Tried:
    """A rule, a run that triggers it, and one that must not, though it comes close."""

    rule: str
    loud: RunSpec
    quiet: RunSpec
    name: str = ""

    def __str__(self) -> str:
        return f"{self.rule} {self.name}".strip()


HEALTHY = small()
RATE = {"optimizer": SGD(learning_rate=0.05)}
NORMALISED = (Flatten(), Dense(units=32, activation=Identity()), BatchNorm(), ActivationLayer(), SCORES)
MOVED = (Rotation(degrees=10), Shift(distance=1))
FILTERS = (Conv2d(filters=3), MaxPool(), Conv2d(filters=3), MaxPool(), Flatten(), SCORES)
CONVOLUTION = (Conv2d(filters=4, kernel_size=5, stride=2), MaxPool(), Conv2d(filters=4), GlobalAvgPool(), SCORES)


def dropped(rate: float) -> tuple[Any, ...]:
    return (Flatten(), Dense(units=32), Dropout(rate=rate), SCORES)


TRIED = (
    Tried("raw-pixels", small(normalise=False), HEALTHY),
    Tried("uneven-classes", small(size=30, epochs=8, batch_size=8), small(size=400, epochs=8, batch_size=8)),
    Tried("softmax-twice", small((Flatten(), Dense(units=32), Dense(units=10, activation=Softmax()))), HEALTHY),
    Tried("softmax-twice", small((Flatten(), Dense(units=32), Dense(units=10, activation=Sigmoid()))), HEALTHY, "with sigmoid"),
    Tried("softmax-twice", small((Flatten(), Dense(units=32), Dense(units=10))), HEALTHY, "with ReLU"),
    Tried("all-alike", small(start=Zeros()), small(dense(), start=Zeros())),
    Tried("all-alike", small(start=Normal(standard_deviation=0.0)), small(start=Normal()), "with a spread of 0"),
    Tried("loud-start", small(start=Normal(standard_deviation=1.0)), small(start=Normal())),
    Tried("diverged", small(loss=MeanSquaredError(), optimizer=SGD(learning_rate=10.0)), HEALTHY),
    Tried(
        "high-momentum",
        small(optimizer=SGD(learning_rate=0.1, momentum=0.99)),
        small(optimizer=SGD(learning_rate=0.0005, momentum=0.99)),
    ),
    Tried("exploding", small(optimizer=SGD(learning_rate=3.0)), small(**RATE)),
    Tried("dead-neurons", small(optimizer=Adam(learning_rate=0.05)), small(dense(32, activation=LeakyReLU()))),
    Tried(
        "saturated",
        small(dense(32, 32, activation=Tanh()), optimizer=SGD(learning_rate=0.9)),
        small(dense(32, activation=Tanh())),
    ),
    Tried("fading-gradient", small(dense(32, 32, 32, 32, 32, activation=Sigmoid())), small(dense(32, activation=Sigmoid()))),
    Tried("fading-gradient", small(dense(*[32] * 8), optimizer=SGD()), small(dense(*[32] * 4), start=HeNormal()), "with ReLU"),
    Tried(
        "rate-too-high",
        small(dense(32, activation=LeakyReLU()), optimizer=Adam(learning_rate=0.03)),
        small(dense(32, activation=LeakyReLU())),
    ),
    Tried("rate-too-low", small(optimizer=SGD(learning_rate=1e-4)), small(optimizer=SGD(learning_rate=0.02))),
    Tried("rate-too-low", small(optimizer=Adam(learning_rate=1e-5)), HEALTHY, "with Adam"),
    Tried("rate-gone", small(schedule=Step(every=1, gamma=0.1), epochs=5), small(schedule=Step(every=2, gamma=0.5), epochs=5)),
    Tried(
        "tiny-batches", small(NORMALISED, batch_size=2, epochs=1), small(NORMALISED, batch_size=16, epochs=1), "with BatchNorm"
    ),
    Tried("tiny-batches", small(batch_size=2, epochs=2, **RATE), small(batch_size=16, epochs=2, **RATE)),
    Tried("huge-batches", small(batch_size=500), small(batch_size=64)),
    Tried("huge-batches", small(size=200, batch_size=200), small(size=200, batch_size=16), "few images"),
    Tried(
        "plateau",
        small(
            dense(32, activation=Tanh()),
            size=500,
            optimizer=SGD(learning_rate=0.05, momentum=0.9),
            batch_size=8,
            epochs=8,
            augmentation=MOVED,
        ),
        small(size=500, epochs=8),
    ),
    Tried(
        "rate-too-high",
        small(size=500, optimizer=SGD(learning_rate=0.06, momentum=0.9), batch_size=8, epochs=5, augmentation=MOVED),
        small(size=500, optimizer=SGD(learning_rate=0.006, momentum=0.9), batch_size=8, epochs=5, augmentation=MOVED),
        "to and fro",
    ),
    Tried("only-guessing", small(loss=L1Loss(), optimizer=SGD(), epochs=5), small(loss=MeanSquaredError())),
    Tried("bottleneck", small(dense(3)), small(dense(16))),
    Tried("strong-penalty", small(regularisation=penalty(l2=0.1)), small(regularisation=penalty(l2=0.001))),
    Tried("strong-penalty", small(regularisation=penalty(l1=0.01)), small(regularisation=penalty(l1=1e-5)), "L1"),
    Tried("strong-penalty", small(optimizer=SGD(learning_rate=0.05, weight_decay=0.1)), small(**RATE), "weight decay"),
    Tried("strong-dropout", small(dropped(0.8)), small(dropped(0.3))),
    Tried("strong-augmentation", small(augmentation=(Noise(strength=1.0),)), small(augmentation=(Noise(strength=0.1),))),
    Tried(
        "strong-augmentation", small(augmentation=(Rotation(degrees=90), Shift(distance=6))), small(augmentation=MOVED), "moved"
    ),
    Tried("no-hidden-layer", small(dense(), size=2000, epochs=8), small(dense(32), size=2000, epochs=5)),
    Tried("underfitting", small(CONVOLUTION, epochs=8, optimizer=Adam(learning_rate=0.005)), small(epochs=5)),
    Tried("overfitting", small(dense(64), size=300, epochs=12), small(dense(64))),
    Tried(
        "overfitting",
        small(dense(64), size=None, share=0.5, epochs=6, optimizer=Adam(learning_rate=0.003)),
        small(dense(64)),
        "all images",
    ),
    Tried(
        "overfitting",
        small(
            dense(64), size=None, share=0.5, epochs=6, optimizer=Adam(learning_rate=0.003), augmentation=(Noise(strength=0.05),)
        ),
        HEALTHY,
        "augmented",
    ),
    Tried("past-its-best", small(dense(64), optimizer=Adam(learning_rate=0.005), epochs=15), small(dense(64), epochs=5)),
    Tried("still-learning", small(), small(epochs=8, schedule=Cosine())),
    Tried("easier-when-examined", small(dropped(0.5)), small(epochs=6), "dropout"),
    Tried("easier-when-examined", small(augmentation=(Rotation(degrees=20), Shift(distance=2))), small(epochs=6), "augmentation"),
    Tried("easier-when-examined", small(epochs=1), small(epochs=6), "first epoch"),
)


@cache
def events(run: RunSpec) -> tuple[Event, ...]:
    torch.set_num_threads(1)
    return tuple(Trainer(run, data.load("mnist-5k"), runtime=Runtime()))


@cache
def trained(run: RunSpec) -> History:
    history = History()
    history.fold(events(run))
    return history


def seeded(run: RunSpec, seed: int) -> RunSpec:
    return run.model_copy(update={"seed": seed})


def advice(run: RunSpec, history: History | None = None) -> dict[str, Advice]:
    """What is said about a run, by the names of the rules, in order."""
    return {each.name: each for each in advise(case_of(run, history or trained(run)))}


def final(history: History) -> tuple[float, float]:
    """The validation loss and accuracy of the weights that a run ended with; of those that it ran away with, none."""
    if history.failed or not history.epochs:
        return float("inf"), 0.0
    best = history.finished.best_epoch if history.finished else None
    ended: EpochEnded = history.epochs[best - 1 if best else -1]
    assert ended.validation_loss is not None and ended.validation_accuracy is not None
    return ended.validation_loss, ended.validation_accuracy


def medians(run: RunSpec) -> tuple[float, float]:
    results = [final(trained(seeded(run, seed))) for seed in SEEDS]
    return statistics.median(loss for loss, _ in results), statistics.median(accuracy for _, accuracy in results)
