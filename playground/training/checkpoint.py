"""A checkpoint: all that is needed to go on exactly, as one safetensors file. Nothing is ever pickled."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from playground.catalog.optimizers import OptimizerEntry
from playground.errors import PlaygroundError
from playground.training.events import EpochEnded

_META = "playground"


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        step: batches learned from; each has an index of its own for its random draws.
        epoch: epochs finished.
        offset: images of the current epoch that are done.
        images: images learned from in all.
        seconds: time spent training.
        loss_sum, right_sum: over the images of the current epoch.
        learning_rate: of the last step.
        losses: the validation loss of each finished epoch (the training loss without a validation set); of a branch with
            another loss function or other images, of those since then.
        watched_from: early stopping looks at the losses from this index on.
        train_size: images of an epoch.
        kept: of early stopping, the figures of the epoch that the best weights so far are of.
    """

    step: int = 0
    epoch: int = 0
    offset: int = 0
    images: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    right_sum: float = 0.0
    learning_rate: float = 0.0
    losses: list[float] = field(default_factory=list)
    watched_from: int = 0
    train_size: int = 0
    kept: EpochEnded | None = None

    def __post_init__(self) -> None:
        if isinstance(self.kept, dict):  # out of a checkpoint
            self.kept = EpochEnded(**self.kept)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run at one moment.

    Attributes:
        spec: the RunSpec as JSON, with the settings in force.
        progress: the position, as `asdict(Progress)`.
        weights: the network's state, name -> tensor, on the CPU.
        optimizer: the optimizer's state: "<parameter>.<name>" -> tensor, on the CPU.
        numbers: the optimizer's state that are plain numbers.
        best: the weights of the best epoch so far, for early stopping; empty without it.
    """

    spec: str
    progress: dict[str, Any]
    weights: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    numbers: dict[str, float]
    best: dict[str, Tensor]

    def to_bytes(self) -> bytes:
        tensors = {
            f"{group}/{name}": tensor.contiguous()
            for group, table in (("weights", self.weights), ("optimizer", self.optimizer), ("best", self.best))
            for name, tensor in table.items()
        }
        meta = {"spec": self.spec, "progress": self.progress, "numbers": self.numbers}
        return save(tensors, metadata={_META: json.dumps(meta)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Checkpoint:
        """Reads what `to_bytes` wrote.

        Raises:
            PlaygroundError: the bytes are no checkpoint.
        """
        try:
            meta = _meta(data)
            groups: dict[str, dict[str, Tensor]] = {"weights": {}, "optimizer": {}, "best": {}}
            for name, tensor in load(data).items():
                group, _, rest = name.partition("/")
                groups[group][rest] = tensor
            return cls(meta["spec"], meta["progress"], groups["weights"], groups["optimizer"], meta["numbers"], groups["best"])
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise PlaygroundError(
                f"These {len(data):,} bytes are no checkpoint ({error}).", "A checkpoint of this playground was expected."
            ) from None


def position(data: bytes) -> dict[str, Any]:
    """The progress of a checkpoint, from its header alone.

    Raises:
        PlaygroundError: the bytes are no checkpoint.
    """
    try:
        progress: dict[str, Any] = _meta(data)["progress"]
        return progress
    except (ValueError, KeyError, TypeError) as error:
        raise PlaygroundError(
            f"These {len(data):,} bytes are no checkpoint ({error}).", "A checkpoint of this playground was expected."
        ) from None


def epochs_done(progress: dict[str, Any]) -> float:
    """Epochs done at a checkpoint's position, with the fraction of the current one."""
    return float(progress["epoch"] + progress["offset"] / max(1, progress.get("train_size", 0)))


def _meta(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    meta: dict[str, Any] = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_META])
    return meta


def snapshot(
    spec: str, progress: Progress, network: torch.nn.Module, optimizer: torch.optim.Optimizer, best: dict[str, Tensor]
) -> Checkpoint:
    """A checkpoint that shares no memory with the run."""
    tensors, numbers = {}, {}
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"{index}.{name}"] = value.detach().cpu().clone()
            elif value is not None:
                numbers[f"{index}.{name}"] = value
    return Checkpoint(spec, asdict(progress), copy_weights(network), tensors, numbers, dict(best))


def restore_optimizer(optimizer: torch.optim.Optimizer, checkpoint: Checkpoint, entry: OptimizerEntry) -> None:
    """Gives the optimizer, which `entry` has just built, the state of `checkpoint`."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in (*checkpoint.optimizer.items(), *checkpoint.numbers.items()):
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value.clone() if isinstance(value, Tensor) else value
    content = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": content["param_groups"]})
    # The fused kernels walk through a weight and its state side by side, so both must lie in memory in the same way.
    for parameter, values in optimizer.state.items():
        for name, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                values[name] = torch.empty_like(parameter).copy_(value)
    entry.apply_to(optimizer)  # a branch may need a memory that the run before it had not


def copy_weights(network: torch.nn.Module) -> dict[str, Tensor]:
    """The network's state, cloned to the CPU, in contiguous memory."""
    return {
        name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, tensor in network.state_dict().items()
    }
