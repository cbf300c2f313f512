"""Presets of the page "Points in the plane". To add one is to add one entry to the list below."""

from __future__ import annotations

from playground.catalog import Initialisation, Loss, Optimizer
from playground.catalog.activations import Identity, Tanh
from playground.catalog.initialisations import Default, XavierUniform
from playground.catalog.layers import Dense
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, MeanSquaredError
from playground.catalog.optimizers import SGD, Adam
from playground.catalog.presets import Preset
from playground.spec import POINT_INPUTS, DatasetSpec, NetworkSpec, PointsSpec, Regularisation, RunSpec, TrainingSpec

EPOCHS = 10_000  # as long as one cares to watch


def _run(
    name: str,
    units: tuple[int, ...],
    points: PointsSpec | None = None,
    *,
    outputs: int = 1,
    loss: Loss | None = None,
    optimizer: Optimizer | None = None,
    initialisation: Initialisation | None = None,
    l2: float = 0.0,
    normalise: bool = False,
) -> RunSpec:
    layers = (*(Dense(units=count, activation=Tanh()) for count in units), Dense(units=outputs, activation=Identity()))
    return RunSpec(
        network=NetworkSpec(layers=layers, initialisation=initialisation or XavierUniform()),
        dataset=DatasetSpec(name=name, validation_share=0.0, normalise=normalise, points=points or PointsSpec()),
        training=TrainingSpec(
            loss=loss or BinaryCrossEntropyLogits(),
            optimizer=optimizer or SGD(learning_rate=0.03),
            regularisation=Regularisation(l2=l2),
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
        "A single neuron draws one straight line, and no line parts these points. Add a hidden layer, or switch x₁x₂ on.",
        _run("xor", ()),
    ),
    Preset(
        "plane-xor-product",
        "Right input",
        "The same single neuron with x₁x₂ as its input: what no line can part becomes easy.",
        _run("xor", (), PointsSpec(inputs=("x1_times_x2",))),
    ),
    Preset(
        "plane-spiral-inputs",
        "Spiral, 7 inputs",
        "The hardest shape, with all seven inputs to help.",
        _run(
            "spiral",
            (8, 6),
            PointsSpec(inputs=POINT_INPUTS, num_points=1000),
            optimizer=Adam(learning_rate=0.01),
            l2=1e-4,
            normalise=True,
        ),
    ),
    # A little L2 keeps it from being too sure of itself where there are no points; random biases spread the neurons out.
    Preset(
        "plane-spiral",
        "Spiral, 2 inputs",
        "Two layers of eight neurons wind themselves into the spiral, from x₁ and x₂ alone. It takes some hundred epochs.",
        _run(
            "spiral",
            (8, 8),
            PointsSpec(num_points=1000),
            optimizer=Adam(learning_rate=0.01),
            initialisation=Default(),
            l2=1e-4,
        ),
    ),
    Preset(
        "plane-three-arms",
        "Three arms",
        "Three classes, three outputs: every place takes the colour of the most probable class.",
        _run(
            "spiral",
            (12, 8),
            PointsSpec(classes=3, num_points=1000),
            outputs=3,
            loss=CrossEntropy(),
            optimizer=Adam(learning_rate=0.01),
            initialisation=Default(),
            l2=1e-4,
        ),
    ),
    Preset(
        "plane-hills",
        "Hills",
        "A number instead of a class: the surface must rise and fall with the points.",
        _run(
            "multi-gaussian",
            (8, 8),
            PointsSpec(num_points=1000),
            loss=MeanSquaredError(),
            optimizer=Adam(learning_rate=0.01),
            initialisation=Default(),
        ),
    ),
    Preset(
        "plane-too-fast",
        "Too fast",
        "A learning rate that is too large: every step overshoots farther than the one before. Start it, then mend it.",
        _run("plane", (), loss=MeanSquaredError(), optimizer=SGD(learning_rate=0.3)),
    ),
)
