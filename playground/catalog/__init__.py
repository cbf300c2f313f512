"""What can be chosen, one class an entry. The families below are the only lists of what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.catalog.activations import ACTIVATIONS, Activation
from playground.catalog.augmentations import AugmentationEntry, Flip, Noise, Rotation, Shear, Shift, Zoom
from playground.catalog.entry import Entry, family
from playground.catalog.initialisations import (
    Default,
    HeNormal,
    HeUniform,
    InitialisationEntry,
    Normal,
    XavierNormal,
    XavierUniform,
    Zeros,
)
from playground.catalog.layer import LayerEntry
from playground.catalog.layers import (
    ActivationLayer,
    AvgPool,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    LayerNorm,
    MaxPool,
)
from playground.catalog.losses import (
    BinaryCrossEntropy,
    BinaryCrossEntropyLogits,
    CrossEntropy,
    CrossEntropyOneHot,
    Huber,
    L1Loss,
    LossEntry,
    MeanSquaredError,
    MultiMargin,
    NegativeLogLikelihood,
)
from playground.catalog.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    NAdam,
    OptimizerEntry,
    RMSprop,
)
from playground.catalog.schedules import (
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    ReduceOnPlateau,
    ScheduleEntry,
    Step,
    WarmUp,
)

_layer, LAYERS = family(Dense, Conv2d, MaxPool, AvgPool, GlobalAvgPool, Flatten, Dropout, BatchNorm, LayerNorm, ActivationLayer)
_loss, LOSSES = family(
    CrossEntropy,
    CrossEntropyOneHot,
    BinaryCrossEntropyLogits,
    BinaryCrossEntropy,
    MeanSquaredError,
    L1Loss,
    Huber,
    MultiMargin,
    NegativeLogLikelihood,
)
_optimizer, OPTIMIZERS = family(SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, NAdam, Adamax)
_schedule, SCHEDULES = family(Constant, Step, Exponential, Cosine, OneCycle, ReduceOnPlateau, WarmUp)
_initialisation, INITIALISATIONS = family(Default, HeNormal, HeUniform, XavierNormal, XavierUniform, Normal, Zeros)
_augmentation, AUGMENTATIONS = family(Rotation, Shift, Zoom, Shear, Flip, Noise)

if TYPE_CHECKING:
    Layer = LayerEntry
    Loss = LossEntry
    Optimizer = OptimizerEntry
    Schedule = ScheduleEntry
    Initialisation = InitialisationEntry
    Augmentation = AugmentationEntry
else:
    Layer, Loss, Optimizer, Schedule = _layer, _loss, _optimizer, _schedule
    Initialisation, Augmentation = _initialisation, _augmentation

FAMILIES: dict[str, dict[str, type[Entry]]] = {
    "layer": LAYERS,
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "initialisation": INITIALISATIONS,
    "augmentation": AUGMENTATIONS,
}

__all__ = [
    "ACTIVATIONS",
    "AUGMENTATIONS",
    "FAMILIES",
    "INITIALISATIONS",
    "LAYERS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "Activation",
    "Augmentation",
    "Initialisation",
    "Layer",
    "Loss",
    "Optimizer",
    "Schedule",
]
