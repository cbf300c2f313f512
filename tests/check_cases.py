"""Runs with a fault of every kind, and runs like them without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.catalog.activations import Identity, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from playground.catalog.augmentations import Flip, Shift
from playground.catalog.layers import (
    ActivationLayer,
    AvgPool,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    MaxPool,
)
from playground.catalog.losses import (
    BinaryCrossEntropy,
    BinaryCrossEntropyLogits,
    CrossEntropy,
    Huber,
    MeanSquaredError,
    NegativeLogLikelihood,
)
from playground.catalog.schedules import ReduceOnPlateau
from playground.spec import DatasetSpec, EarlyStopping, NetworkSpec, PointsSpec, Regularisation, RunSpec, TrainingSpec

SCORES = Dense(units=10, activation=Identity())
STOPPING = Regularisation(early_stopping=EarlyStopping())


def run_of(
    layers: Sequence[Any] = (Flatten(), SCORES),
    *,
    dataset: str = "mnist",
    size: int | None = None,
    share: float = 0.1,
    **training: Any,
) -> RunSpec:
    return RunSpec(
        network=NetworkSpec(layers=tuple(layers)),
        dataset=DatasetSpec(name=dataset, training_size=size, validation_share=share),
        training=TrainingSpec(**training),
    )


def deep(activation: Any, count: int, *extra: Any) -> list[Any]:
    return [Flatten(), *extra, *(Dense(units=9, activation=activation) for _ in range(count)), SCORES]


CONVOLUTION = Conv2d(filters=4)
SMALL = Dense(units=4)


def answering(units: int) -> tuple[Dense, Dense]:
    return SMALL, Dense(units=units, activation=Identity())


def points_of(name: str, units: int = 1, painted: Sequence[tuple[float, float, float]] = (), **points: Any) -> RunSpec:
    """A small network that learns points in the plane."""
    dataset = DatasetSpec(name=name, validation_share=0, points=PointsSpec(painted=tuple(painted), **points))
    loss = MeanSquaredError() if name in ("painted-values", "plane") else BinaryCrossEntropyLogits()
    return RunSpec(network=NetworkSpec(layers=answering(units)), dataset=dataset, training=TrainingSpec(loss=loss, batch_size=1))


def folded(run: RunSpec, folds: int) -> RunSpec:
    """The last of so many folds."""
    return run.model_copy(update={"dataset": run.dataset.model_copy(update={"folds": folds, "fold": folds - 1})})


FOUR = ((0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0))
ONE_PLACE = [(2.0, 2.0, float(value % 2)) for value in range(6)]
ONE_CLASS = [(x1, x2, 1.0) for x1, x2, _ in FOUR]

# What a finding says, runs of which it is said, and runs like them of which it is not.
CASES: dict[str, tuple[str, str, list[RunSpec], list[RunSpec]]] = {
    "a loss for classes where a number is to be told": (
        "error",
        "is no loss for",
        [
            run_of(answering(1), dataset="diabetes"),
            run_of(answering(1), dataset="iris", loss=BinaryCrossEntropyLogits()),
            run_of(loss=Huber()),
        ],
        [
            run_of(answering(1), dataset="diabetes", loss=Huber()),
            run_of(answering(1), dataset="breast-cancer", loss=BinaryCrossEntropyLogits()),
            run_of(answering(2), dataset="breast-cancer"),
            run_of(loss=MeanSquaredError()),
        ],
    ),
    "not one output for yes or no": (
        "error",
        "reads one number as yes or no",
        [run_of(answering(2), dataset="breast-cancer", loss=BinaryCrossEntropyLogits())],
        [run_of(answering(1), dataset="breast-cancer", loss=BinaryCrossEntropyLogits())],
    ),
    "augmented numbers": (
        "error",
        "Augmentation changes pictures",
        [run_of(answering(3), dataset="iris", augmentation=(Shift(),))],
        [run_of(answering(3), dataset="iris"), run_of(augmentation=(Shift(),))],
    ),
    "no inputs": (
        "error",
        "All inputs are switched off",
        [points_of("circles", inputs=())],
        [points_of("circles", inputs=("sin_x1",))],
    ),
    "no point": ("error", "no point yet", [points_of("painted"), points_of("painted-values")], [points_of("painted", 1, FOUR)]),
    "one point": (
        "error",
        "at least 4 are needed",
        [points_of("painted", 1, FOUR[:1]), points_of("painted", 1, FOUR[:3])],
        [points_of("painted", 1, FOUR), points_of("painted-values", 1, FOUR)],
    ),
    "all points in one place": ("error", "in one place", [points_of("painted", 1, ONE_PLACE)], [points_of("painted", 1, FOUR)]),
    "points of one class": (
        "warning",
        "always the same",
        [points_of("painted", 1, ONE_CLASS), points_of("painted-values", 1, ONE_CLASS)],
        [points_of("painted", 1, FOUR)],
    ),
    "more folds than a class has examples": (
        "error",
        "cannot be cut into",
        [
            folded(points_of("circles", num_points=8), 10),
            folded(points_of("circles", num_points=4), 5),
            folded(points_of("plane", num_points=6), 4),
            folded(points_of("painted", 1, [*FOUR, (0.5, 0.5, 1.0)], train_share=0.9), 5),
        ],
        [
            folded(points_of("circles", num_points=40), 10),
            folded(points_of("plane", num_points=8), 4),
            folded(points_of("painted", 1, FOUR, train_share=0.9), 2),
            folded(run_of(answering(3), dataset="iris"), 20),
        ],
    ),
    "no layers": ("error", "no layers", [run_of(())], [run_of()]),
    "dense on an image": (
        "error",
        "needs Flatten before it",
        [run_of((SCORES,)), run_of((CONVOLUTION, SCORES)), run_of((CONVOLUTION, MaxPool(), Dense(), SCORES))],
        [run_of(), run_of((CONVOLUTION, GlobalAvgPool(), SCORES))],
    ),
    "an image layer after flatten": (
        "error",
        "works on images, but gets a flat list",
        [
            run_of((Flatten(), CONVOLUTION, SCORES)),
            run_of((Flatten(), Dropout(), MaxPool(), SCORES)),
            run_of((Flatten(), Dense(), AvgPool(), SCORES)),
            run_of((Flatten(), Flatten(), CONVOLUTION, SCORES)),
            run_of((GlobalAvgPool(), CONVOLUTION, SCORES)),
            run_of((GlobalAvgPool(), Flatten(), CONVOLUTION, SCORES)),
        ],
        [run_of((CONVOLUTION, Flatten(), SCORES))],
    ),
    "a kernel larger than its image": (
        "error",
        "kernel is larger",
        [
            run_of((*[MaxPool()] * 3, Conv2d(kernel_size=5, padding="valid"), Flatten(), SCORES)),
            run_of((*[MaxPool()] * 4, Conv2d(kernel_size=10), Flatten(), SCORES)),
        ],
        [run_of((*[MaxPool()] * 3, Conv2d(kernel_size=3, padding="valid"), Flatten(), SCORES))],
    ),
    "a window larger than its image": (
        "error",
        "window is larger",
        [run_of((*[MaxPool()] * 5, Flatten(), SCORES)), run_of((*[MaxPool()] * 2, AvgPool(pool_size=8), Flatten(), SCORES))],
        [run_of((*[MaxPool()] * 4, Flatten(), SCORES))],
    ),
    "outputs that are not the classes": (
        "error",
        "the last layer must give 10 numbers",
        [
            run_of((Flatten(), Dense(units=9, activation=Identity()))),
            run_of((CONVOLUTION,)),
            run_of((CONVOLUTION, Flatten())),
            run_of((CONVOLUTION, GlobalAvgPool())),
            run_of((Flatten(), Dense(units=9), ActivationLayer(function=Tanh()))),
        ],
        [run_of(), run_of((Conv2d(filters=10), GlobalAvgPool()))],
    ),
    "negative log-likelihood without log-softmax": (
        "error",
        "does not end with log-softmax",
        [
            run_of(loss=NegativeLogLikelihood()),
            run_of((Flatten(), Dense(units=10, activation=Softmax())), loss=NegativeLogLikelihood()),
            run_of((Flatten(), SCORES, ActivationLayer(function=ReLU())), loss=NegativeLogLikelihood()),
            run_of((Conv2d(filters=10), GlobalAvgPool()), loss=NegativeLogLikelihood()),
        ],
        [
            run_of((Flatten(), Dense(units=10, activation=LogSoftmax())), loss=NegativeLogLikelihood()),
            run_of((Flatten(), SCORES, ActivationLayer(function=LogSoftmax())), loss=NegativeLogLikelihood()),
        ],
    ),
    "softmax before a loss that applies it": (
        "warning",
        "the loss applies it already",
        [
            run_of((Flatten(), Dense(units=10, activation=Softmax()))),
            run_of((Flatten(), SCORES, ActivationLayer(function=Softmax()))),
            run_of((Flatten(), Dense(units=10, activation=LogSoftmax())), loss=CrossEntropy()),
        ],
        [run_of((Flatten(), Dense(units=10, activation=Softmax())), loss=MeanSquaredError()), run_of()],
    ),
    "squeezed outputs": (
        "warning",
        "outputs can no longer become large",
        [
            run_of((Flatten(), Dense(units=10, activation=Sigmoid())), loss=BinaryCrossEntropy()),
            run_of((Flatten(), Dense(units=10, activation=Tanh()))),
        ],
        [run_of((Flatten(), Dense(units=10, activation=Sigmoid())), loss=MeanSquaredError())],
    ),
    "ReLU at the end": (
        "warning",
        "ReLU after the last layer",
        [run_of((Flatten(), Dense(units=10))), run_of((Flatten(), Dense(units=10)), loss=MeanSquaredError())],
        [run_of((Flatten(), Dense(units=20), SCORES))],
    ),
    "BatchNorm with batches of one": (
        "error",
        "the batch size is 1",
        [run_of((Flatten(), BatchNorm(), SCORES), batch_size=1), run_of((BatchNorm(), Flatten(), SCORES), batch_size=1, size=20)],
        [run_of(batch_size=1), run_of((Flatten(), BatchNorm(), SCORES), batch_size=2)],
    ),
    "a batch larger than the training set": (
        "warning",
        "one step an epoch",
        [run_of(size=500, batch_size=512), run_of(size=20, batch_size=21), run_of(dataset="mnist-5k", batch_size=4096)],
        [run_of(size=500, batch_size=500), run_of(batch_size=4096)],
    ),
    "batches that take long": (
        "warning",
        "Pause and Stop wait",
        [run_of((*[Conv2d(filters=64)] * 2, MaxPool(), Flatten(), SCORES), batch_size=512)],
        [run_of((*[Conv2d(filters=64)] * 2, MaxPool(), Flatten(), SCORES), batch_size=32), run_of(batch_size=4096)],
    ),
    "early stopping without validation": (
        "error",
        "Early stopping watches",
        [run_of(share=0.0, regularisation=STOPPING)],
        [run_of(share=0.0), run_of(regularisation=STOPPING)],
    ),
    "a plateau without validation": (
        "warning",
        "would watch the training loss",
        [run_of(share=0.0, schedule=ReduceOnPlateau())],
        [run_of(schedule=ReduceOnPlateau())],
    ),
    "a validation set without images": (
        "error",
        "leaves no image to validate on",
        [run_of(share=1e-6, regularisation=STOPPING)],
        [run_of(share=0.01, regularisation=STOPPING)],
    ),
    "two dense layers in a row": (
        "warning",
        "are one",
        [
            run_of((Flatten(), Dense(units=20, activation=Identity()), SCORES)),
            run_of((Flatten(), *[Dense(units=20, activation=Identity())] * 3, SCORES)),
        ],
        [
            run_of((Flatten(), Dense(units=20), SCORES)),
            run_of((Flatten(), Dense(units=20, activation=Identity()), ActivationLayer(), SCORES)),
        ],
    ),
    "dropout at the end": (
        "warning",
        "switches answers off",
        [run_of((Flatten(), SCORES, Dropout()))],
        [run_of((Flatten(), Dropout(), SCORES))],
    ),
    "deep and saturating": (
        "warning",
        "the gradient fades",
        [run_of(deep(Sigmoid(), 8)), run_of(deep(Tanh(), 5))],
        [run_of(deep(Sigmoid(), 4)), run_of(deep(ReLU(), 8)), run_of(deep(Sigmoid(), 8, BatchNorm()))],
    ),
    "flipped digits": (
        "warning",
        "a mirrored 3 is no 3",
        [run_of(augmentation=(Flip(),)), run_of(augmentation=(Shift(), Flip(direction="vertical")))],
        [run_of(augmentation=(Shift(),)), run_of(dataset="fashion-mnist", augmentation=(Flip(),))],
    ),
}
