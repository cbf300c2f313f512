"""What a run says of itself when it begins."""

from __future__ import annotations

import math

from playground.spec import RunSpec
from playground.training.batches import Batches
from playground.training.events import RunStarted
from playground.training.runtime import Runtime
from playground.training.samples import SampleImages


def started(run: RunSpec, runtime: Runtime, num_parameters: int, batches: Batches, samples: SampleImages) -> RunStarted:
    """The run's first event."""
    train_size, training = len(batches.train), run.training
    return RunStarted(
        num_parameters,
        train_size,
        len(batches.validation),
        math.ceil(train_size / training.batch_size),
        training.epochs,
        runtime.device,
        runtime.threads,
        "channels_last" if runtime.channels_last else "contiguous",
        tuple(samples.indices.tolist()),
    )
