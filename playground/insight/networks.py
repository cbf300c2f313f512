"""A trained network back from its run and its weights, with the images that it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor, nn

from playground import data
from playground.data import Dataset
from playground.errors import PlaygroundError
from playground.network import LayerReport, build, totals, trace
from playground.spec import DatasetSpec, RunSpec
from playground.training.batches import Batches
from playground.training.pace import Pace
from playground.training.runtime import Runtime, choose_runtime

SplitName = Literal["test", "validation", "training"]


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network with its weights, ready to be asked.

    Attributes:
        network: on the run's device, in evaluation mode.
        batches: turns uint8 images `(n, c, h, w)` into what the network sees, by `batches.inputs`.
        reports: one a layer, with its shapes.
        slice_size: images that take a few hundredths of a second, so that training beside it is not held up.
    """

    run: RunSpec
    dataset: Dataset
    network: nn.Sequential
    batches: Batches
    reports: tuple[LayerReport, ...]
    slice_size: int

    def class_scores(self, inputs: Tensor) -> Tensor:
        """One score a class, `(n, classes)`, for what the network sees; two also where it has a single output for yes or no."""
        return self.run.training.loss.class_scores(self.network(inputs))

    @property
    def output_names(self) -> tuple[str, ...]:
        """A name for each number that the network ends with: the classes; of a single output for yes or no, the class that it
        speaks for; of a regression, what it tells."""
        names = self.dataset.class_names
        if not names:
            return (self.dataset.target_name,)
        return names[-1:] if self.run.training.loss.num_outputs(len(names)) == 1 else names

    def split(self, name: SplitName) -> tuple[Tensor, Tensor, Tensor]:
        """uint8 images `(n, c, h, w)` and int64 labels `(n,)` on the run's device; and where the images stand in the data set's
        test images (for "test") or training images (for the others): int64 `(n,)` on the CPU.

        Raises:
            PlaygroundError: the run keeps no images back for validation.
        """
        if name == "validation" and len(self.batches.validation) == 0:
            plural = data.source(self.run.dataset).examples
            raise PlaygroundError(
                f"This run has no validation {plural}.",
                f"Its validation share is 0: all {plural} were there to learn from.",
                f"Look at the test {plural} instead.",
            )
        images, labels = self.batches.split_images("train" if name == "training" else name)
        if name == "test":
            return images, labels, torch.arange(len(images))
        return images, labels, self.batches.validation if name == "validation" else self.batches.train


def trained_network(run: RunSpec, weights: Mapping[str, Tensor], runtime: Runtime | None = None) -> TrainedNetwork:
    """Builds the network of `run` and gives it `weights` (name -> tensor, as of `network.state_dict()`).

    Args:
        runtime: where to compute; the fastest here when not given.

    Raises:
        PlaygroundError: the data set is not there, or the weights belong to another network.
    """
    dataset = data.load(run.dataset)
    runtime = runtime or choose_runtime(run, dataset.input_shape)
    network = build(run.network, dataset.input_shape, run.seed)
    try:
        network.load_state_dict(dict(weights))
    except RuntimeError:
        raise PlaygroundError(
            "These weights do not fit this network.", "They come from a run with other layers.", "Choose the run again."
        ) from None
    network.to(device=runtime.device, memory_format=runtime.memory_format)  # type: ignore[call-overload]
    network.eval()
    reports = trace(run.network, dataset.input_shape)
    size = Pace(totals(run, reports).multiply_adds, run.training.batch_size).evaluation_images
    return TrainedNetwork(run, dataset, network, _batches(run.dataset, dataset, run.seed, runtime), reports, size)


@lru_cache(maxsize=2)
def _batches(spec: DatasetSpec, dataset: Dataset, seed: int, runtime: Runtime) -> Batches:
    """Kept, because measuring the pixels' mean and spread takes 0.2 s, and one looks at the same run again and again."""
    return Batches(spec, dataset, seed, runtime)
