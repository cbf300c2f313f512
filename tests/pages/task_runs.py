"""One small trained run of every kind of task and data, for tests of pages."""

from __future__ import annotations

from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Conv2d, Dense, Flatten, LayerEntry, MaxPool
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, LossEntry, MeanSquaredError
from playground.catalog.optimizers import Adam
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec

OWNER = "one with a run of every task"


def _run(dataset: DatasetSpec, loss: LossEntry, *layers: LayerEntry, epochs: int = 3) -> RunSpec:
    training = TrainingSpec(loss=loss, optimizer=Adam(learning_rate=0.01), epochs=epochs, batch_size=16)
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training)


def _ending(units: int) -> Dense:
    return Dense(units=units, activation=Identity())


RUNS: dict[str, RunSpec] = {
    "is it a 7?": _run(
        DatasetSpec(name="mnist-5k", one_class=7, training_size=300),
        BinaryCrossEntropyLogits(),
        Conv2d(filters=3),
        MaxPool(pool_size=4, stride=4),
        Flatten(),
        _ending(1),
        epochs=2,
    ),
    "iris": _run(DatasetSpec(name="iris"), CrossEntropy(), Dense(units=8), _ending(3)),
    "breast cancer": _run(DatasetSpec(name="breast-cancer"), BinaryCrossEntropyLogits(), Dense(units=6), _ending(1)),
    "diabetes": _run(DatasetSpec(name="diabetes"), MeanSquaredError(), Dense(units=6), _ending(1)),
    "circles": _run(
        DatasetSpec(name="circles", points=PointsSpec(num_points=100)),
        BinaryCrossEntropyLogits(),
        Dense(units=4, activation=Tanh()),
        _ending(1),
        epochs=40,
    ),
    "spiral": _run(
        DatasetSpec(name="spiral", points=PointsSpec(num_points=120, classes=3)),
        CrossEntropy(),
        Dense(units=8, activation=Tanh()),
        _ending(3),
        epochs=40,
    ),
}
