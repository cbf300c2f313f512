"""What every optimizer of the catalogue is.

`options()` are the keyword arguments of the `torch.optim` class, and all of them may change while a run goes on.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from playground.catalog.entry import Entry, arguments


def rate(default: float) -> Any:
    """The field of a learning rate."""
    return Field(
        default, gt=0.0, le=10.0, title="Learning rate", description="How large each step is. Too large: chaos. Too small: slow."
    )


def decay(default: float = 0.0) -> Any:
    """The field of a weight decay."""
    return Field(default, ge=0.0, le=1.0, title="Weight decay", description="Pulls every weight a little towards 0 at each step.")


class OptimizerEntry(Entry):
    """An optimizer of `torch.optim`."""

    torch_class: ClassVar[type[torch.optim.Optimizer]]
    keras_class: ClassVar[str] = ""
    decoupled_decay: ClassVar[bool] = False  # weight decay acts on the weights alone; otherwise it is part of the gradient
    fused: ClassVar[bool] = False  # torch has one fused CPU kernel for the whole step
    states: ClassVar[int] = 0  # numbers kept for each weight, for the memory estimate

    learning_rate: float = rate(0.01)
    weight_decay: float = decay()

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
