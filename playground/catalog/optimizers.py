"""Optimizers: how the weights follow the gradient. To add one is to add one class and list it in `catalog/__init__.py`.

`options()` are the keyword arguments of the `torch.optim` class, and all of them may change while a run goes on.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from playground.catalog.entry import Entry, arguments


def _rate(default: float) -> Any:
    return Field(
        default, gt=0.0, le=10.0, title="Learning rate", description="How large each step is. Too large: chaos. Too small: slow."
    )


def _decay(default: float = 0.0) -> Any:
    return Field(default, ge=0.0, le=1.0, title="Weight decay", description="Pulls every weight a little towards 0 at each step.")


def _share(default: float, title: str, description: str) -> Any:
    return Field(default, ge=0.0, lt=1.0, title=title, description=description)


_MOMENTUM = "How much of the last steps' direction is kept."
_SQUARES = "How long the average of squared gradients remembers."


class OptimizerEntry(Entry):
    """An optimizer of `torch.optim`."""

    torch_class: ClassVar[type[torch.optim.Optimizer]]
    keras_class: ClassVar[str] = ""
    decoupled_decay: ClassVar[bool] = False  # weight decay acts on the weights alone; otherwise it is part of the gradient
    fused: ClassVar[bool] = False  # torch has one fused CPU kernel for the whole step
    states: ClassVar[int] = 0  # numbers kept for each weight, for the memory estimate

    learning_rate: float = _rate(0.01)
    weight_decay: float = _decay()

    def options(self) -> dict[str, Any]:
        """Keyword arguments of the torch class, the learning rate as `lr`."""
        return {"lr": self.learning_rate, "weight_decay": self.weight_decay}

    def build(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        """The optimizer over `parameters`; fused where torch has a kernel for it."""
        extra: dict[str, Any] = {"fused": True} if self.fused else {}
        return self.torch_class(parameters, **self.options(), **extra)  # type: ignore[call-arg, arg-type]

    def apply_to(self, optimizer: torch.optim.Optimizer) -> None:
        """Gives these options to an optimizer that `build` made and that may have taken steps already."""
        for group in optimizer.param_groups:
            group.update(self.options())

    def pytorch_source(self) -> str:
        """An expression of `network` that makes what `build` makes; options that torch chooses so by itself are left out."""
        known = inspect.signature(self.torch_class).parameters
        options = {name: value for name, value in self.options().items() if name == "lr" or value != known[name].default}
        extra = {"fused": True} if self.fused else {}
        return f"torch.optim.{self.torch_class.__name__}(network.parameters(), {arguments(**options, **extra)})"

    def pytorch_change(self, before: OptimizerEntry) -> list[str]:
        """Statements that do to `optimizer`, which ran with the options of `before`, what `apply_to` does."""
        old = before.options()
        changed = {name: value for name, value in self.options().items() if value != old[name]}
        return [f"optimizer.param_groups[0].update({arguments(**changed)})"] if changed else []

    def keras_options(self) -> dict[str, Any]:
        """Keyword arguments of the Keras class, but for weight decay and the learning rate."""
        return {}

    def keras_arguments(self, learning_rate: str = "") -> list[str]:
        """The arguments of the Keras class as source; `learning_rate` is an expression that takes the number's place.

        Keras decouples every optimizer's weight decay, as PyTorch does for AdamW only: the others' is left out here, and
        belongs into the gradient (see `export.keras_script`).
        """
        options = self.keras_options()
        if self.decoupled_decay:
            # Told even when it is 0: Keras' default is not.
            options["weight_decay"] = self.weight_decay
        rate = f"learning_rate={learning_rate or repr(self.learning_rate)}"
        return [rate, *(arguments(**{name: value}) for name, value in options.items())]

    def keras_source(self) -> str:
        return f"optimizers.{self.keras_class}({', '.join(self.keras_arguments())})"


class SGD(OptimizerEntry):
    kind: Literal["sgd"] = "sgd"
    learning_rate: float = _rate(0.1)
    momentum: float = _share(0.0, "Momentum", _MOMENTUM)
    nesterov: bool = Field(False, title="Nesterov", description="Looks ahead along the momentum before it turns.")
    title: ClassVar[str] = "SGD"
    help: ClassVar[str] = "Plain stochastic gradient descent: one step downhill a batch, with momentum if you like."
    torch_class = torch.optim.SGD
    keras_class = "SGD"
    fused = True
    states = 1

    def options(self) -> dict[str, Any]:
        # torch refuses Nesterov without momentum; without momentum both are the same step.
        return super().options() | {"momentum": self.momentum, "nesterov": self.nesterov and self.momentum > 0}

    def keras_options(self) -> dict[str, Any]:
        return {"momentum": self.momentum, "nesterov": self.nesterov}


class _AdamLike(OptimizerEntry):
    """What the Adam family shares."""

    learning_rate: float = _rate(0.001)
    momentum: float = _share(0.9, "Momentum (beta 1)", _MOMENTUM)
    beta2: float = _share(0.999, "Beta 2", _SQUARES)
    states = 2

    def options(self) -> dict[str, Any]:
        return super().options() | {"betas": (self.momentum, self.beta2)}

    def keras_options(self) -> dict[str, Any]:
        return {"beta_1": self.momentum, "beta_2": self.beta2, "epsilon": 1e-8}


class Adam(_AdamLike):
    kind: Literal["adam"] = "adam"
    title: ClassVar[str] = "Adam"
    help: ClassVar[str] = "Each weight has a step size of its own, learned on the way. A good first choice."
    torch_class = torch.optim.Adam
    keras_class = "Adam"
    fused = True


class AdamW(_AdamLike):
    kind: Literal["adamw"] = "adamw"
    weight_decay: float = _decay(0.01)
    title: ClassVar[str] = "AdamW"
    help: ClassVar[str] = "Adam with weight decay done properly, apart from the gradient."
    torch_class = torch.optim.AdamW
    keras_class = "AdamW"
    decoupled_decay = True
    fused = True


class RMSprop(OptimizerEntry):
    kind: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = _rate(0.001)
    momentum: float = _share(0.0, "Momentum", _MOMENTUM)
    alpha: float = _share(0.99, "Alpha", _SQUARES)
    title: ClassVar[str] = "RMSprop"
    help: ClassVar[str] = "Divides each step by the recent size of that weight's gradient."
    torch_class = torch.optim.RMSprop
    keras_class = "RMSprop"
    states = 2

    def options(self) -> dict[str, Any]:
        return super().options() | {"momentum": self.momentum, "alpha": self.alpha}

    def apply_to(self, optimizer: torch.optim.Optimizer) -> None:
        super().apply_to(optimizer)
        # torch makes the momentum's buffer at the first step only, and not for a momentum of 0.
        for parameter, state in optimizer.state.items():
            if self.momentum and "momentum_buffer" not in state:
                state["momentum_buffer"] = torch.zeros_like(parameter, memory_format=torch.preserve_format)

    def pytorch_change(self, before: OptimizerEntry) -> list[str]:
        lines = super().pytorch_change(before)
        if self.momentum and not before.options()["momentum"]:
            lines.append("for weight in network.parameters():  # momentum needs a memory, which begins empty")
            lines.append('    optimizer.state[weight].setdefault("momentum_buffer", torch.zeros_like(weight))')
        return lines

    def keras_options(self) -> dict[str, Any]:
        # Keras adds epsilon under the square root, PyTorch 1e-8 behind it.
        return {"momentum": self.momentum, "rho": self.alpha, "epsilon": 1e-16}


class Adagrad(OptimizerEntry):
    kind: Literal["adagrad"] = "adagrad"
    title: ClassVar[str] = "Adagrad"
    help: ClassVar[str] = "Steps shrink for weights that have moved a lot already."
    torch_class = torch.optim.Adagrad
    keras_class = "Adagrad"
    fused = True
    states = 1

    def keras_options(self) -> dict[str, Any]:
        # Keras adds epsilon under the square root, PyTorch 1e-10 behind it.
        return {"initial_accumulator_value": 0.0, "epsilon": 1e-20}


class Adadelta(OptimizerEntry):
    kind: Literal["adadelta"] = "adadelta"
    learning_rate: float = _rate(1.0)
    rho: float = _share(0.9, "Rho", _SQUARES)
    title: ClassVar[str] = "Adadelta"
    help: ClassVar[str] = "Finds its step size from its own past steps; the learning rate is only a factor."
    torch_class = torch.optim.Adadelta
    keras_class = "Adadelta"
    states = 2

    def options(self) -> dict[str, Any]:
        return super().options() | {"rho": self.rho}

    def keras_options(self) -> dict[str, Any]:
        return {"rho": self.rho, "epsilon": 1e-6}


class NAdam(_AdamLike):
    kind: Literal["nadam"] = "nadam"
    title: ClassVar[str] = "NAdam"
    help: ClassVar[str] = "Adam with Nesterov's look ahead."
    torch_class = torch.optim.NAdam
    keras_class = "Nadam"  # whose momentum warms up within 100 batches; PyTorch's takes thousands


class Adamax(_AdamLike):
    kind: Literal["adamax"] = "adamax"
    learning_rate: float = _rate(0.002)
    title: ClassVar[str] = "Adamax"
    help: ClassVar[str] = "Adam that goes by the largest recent gradient: calm after rare, large ones."
    torch_class = torch.optim.Adamax
    keras_class = "Adamax"
