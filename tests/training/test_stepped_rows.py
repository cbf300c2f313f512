"""Rows and points are learned from alike, however the work is cut into turns."""

from __future__ import annotations

import torch

from playground import data
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense
from playground.catalog.losses import BinaryCrossEntropyLogits
from playground.spec import POINT_INPUTS, DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec
from playground.training.trainer import Trainer


def weights(batch_limit: int | None) -> dict[str, torch.Tensor]:
    # Seven numbers a row and ten rows a batch: without care, batches begin at odd places in memory, and their products round
    # otherwise.
    run = RunSpec(
        network=NetworkSpec(layers=(Dense(units=8, activation=Tanh()), Dense(units=1, activation=Identity()))),
        dataset=DatasetSpec(name="spiral", validation_share=0.0, normalise=False, points=PointsSpec(inputs=POINT_INPUTS)),
        training=TrainingSpec(loss=BinaryCrossEntropyLogits(), batch_size=10, epochs=6),
    )
    trainer = Trainer(run, data.load(run.dataset))
    trainer.batch_limit = batch_limit
    for _ in trainer:
        pass
    return trainer.weights()


def test_points_are_learned_from_to_the_same_bit_batch_by_batch_and_many_at_once() -> None:
    whole, stepped, by_threes = weights(None), weights(1), weights(3)
    for name, tensor in whole.items():
        assert torch.equal(tensor, stepped[name]) and torch.equal(tensor, by_threes[name])
