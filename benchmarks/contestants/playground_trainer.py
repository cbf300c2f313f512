"""This playground's own Trainer, with all its events."""

import os

# As the playground starts its own training processes; read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import turns

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten, MaxPool
from playground.catalog.presets import preset
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.events import EpochEnded, RunStarted
from playground.training.runtime import choose_runtime
from playground.training.trainer import Trainer


def network(name):
    if name == "first-network":
        return preset(name).run.network
    scores = Dense(units=10, activation=Identity())
    return NetworkSpec(layers=(Conv2d(filters=16), MaxPool(), Conv2d(filters=32), MaxPool(), Flatten(), scores))


def main():
    chosen = turns.arguments()
    run = RunSpec(
        network=network(chosen.network),
        dataset=DatasetSpec(name="mnist", training_size=chosen.images, validation_share=0.0),
        training=TrainingSpec(epochs=1000, batch_size=chosen.batch_size),
    )
    trainer = Trainer(run, data.load("mnist"), runtime=choose_runtime(run, data.load("mnist").input_shape, chosen.threads))
    started = next(trainer)
    assert isinstance(started, RunStarted)

    def train_epoch():
        for event in trainer:
            if isinstance(event, EpochEnded):
                return started.train_size, event.train_loss

    turns.take_turns(
        train_epoch, num_parameters=started.num_parameters, threads=started.threads, memory_format=started.memory_format
    )


main()
