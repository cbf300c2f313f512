"""Presets of the page "Points in the plane". To add one is to add one entry to the list below."""

from __future__ import annotations

from playground.catalog import Loss, Optimizer
from playground.catalog.activations import Identity, Tanh
from playground.catalog.initialisations import XavierUniform
from playground.catalog.layers import Dense
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, MeanSquaredError
from playground.catalog.optimizers import SGD, Adam
from playground.catalog.presets import Preset
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec

EPOCHS = 10_000  # as long as one cares to watch


def _run(
    name: str,
    units: tuple[int, ...],
    points: PointsSpec | None = None,
    loss: Loss | None = None,
    optimizer: Optimizer | None = None,
    outputs: int = 1,
) -> RunSpec:
    hidden = tuple(Dense(units=count, activation=Tanh()) for count in units)
    return RunSpec(
        network=NetworkSpec(layers=(*hidden, Dense(units=outputs, activation=Identity())), initialisation=XavierUniform()),
        dataset=DatasetSpec(name=name, validation_share=0.0, normalise=False, points=points or PointsSpec()),
        training=TrainingSpec(
            loss=loss or BinaryCrossEntropyLogits(),
            optimizer=optimizer or SGD(learning_rate=0.03),
            epochs=EPOCHS,
            batch_size=10,
        ),
    )


PLANE_PRESETS: tuple[Preset, ...] = (
    Preset(
        "plane-circles", "Circles", "Two small layers bend a line until it closes around the middle.", _run("circles", (4, 2))
    ),
    Preset(
        "plane-xor-line",
        "One neuron cannot",
        "A single neuron draws one straight line, and no line parts these points. Add a neuron layer, or switch x₁x₂ on.",
        _run("xor", ()),
    ),
    Preset(
        "plane-xor-product",
        "Right input",
        "The same single neuron with x₁x₂ as an input: what no line can part, the right input makes easy.",
        _run("xor", (), PointsSpec(inputs=("x1_times_x2",))),
    ),
    Preset(
        "plane-spiral-inputs",
        "Spiral, 7 inputs",
        "The hardest shape, with all seven inputs to help.",
        _run(
            "spiral",
            (8, 6),
            PointsSpec(inputs=("x1", "x2", "x1_squared", "x2_squared", "x1_times_x2", "sin_x1", "sin_x2")),
            optimizer=SGD(learning_rate=0.03, momentum=0.9),
        ),
    ),
    Preset(
        "plane-spiral",
        "Spiral, 2 inputs",
        "Two layers of eight neurons wind themselves into the spiral, without any help from the inputs.",
        _run("spiral", (8, 8), PointsSpec(train_share=0.7), optimizer=Adam(learning_rate=0.01)),
    ),
    Preset(
        "plane-three-arms",
        "Three arms",
        "Three classes: three outputs, and for each place the class that is most probable.",
        _run(
            "spiral",
            (12, 8),
            PointsSpec(classes=3),
            loss=CrossEntropy(),
            optimizer=Adam(learning_rate=0.01),
            outputs=3,
        ),
    ),
    Preset(
        "plane-hills",
        "Hills",
        "A number instead of a class: the surface must rise and fall with the points.",
        _run("multi-gaussian", (8, 6), loss=MeanSquaredError(), optimizer=Adam(learning_rate=0.01)),
    ),
    Preset(
        "plane-too-fast",
        "Too fast",
        "A learning rate that is too large: every step overshoots farther than the one before. Start it, then mend it.",
        _run("plane", (), loss=MeanSquaredError(), optimizer=SGD(learning_rate=0.3)),
    ),
)
