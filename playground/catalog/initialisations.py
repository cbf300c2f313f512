"""Weight initialisations: the random numbers that a network starts with. To add one is to add one class."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from playground.catalog.entry import Entry


class InitialisationEntry(Entry):
    """How weight matrices and kernels start. Biases start at 0, except with PyTorch's own default."""

    keeps_default: ClassVar[bool] = False

    def fill(self, weight: Tensor, generator: torch.Generator) -> None:
        """Fills `weight`, `(out, in)` or `(out, in, height, width)`, in place."""
        raise NotImplementedError

    def pytorch_source(self) -> str:
        """A statement on `weight`; empty for PyTorch's default."""
        raise NotImplementedError

    def keras_source(self) -> str:
        raise NotImplementedError


class Default(InitialisationEntry):
    kind: Literal["default"] = "default"
    title: ClassVar[str] = "PyTorch's default"
    help: ClassVar[str] = "Uniform within ±1/√(inputs), the biases too."
    keeps_default: ClassVar[bool] = True

    def fill(self, weight: Tensor, generator: torch.Generator) -> None:
        nn.init.kaiming_uniform_(weight, a=5**0.5, generator=generator)

    def pytorch_source(self) -> str:
        return ""

    def keras_source(self) -> str:
        return 'initializers.VarianceScaling(scale=1 / 3, mode="fan_in", distribution="uniform")'


class HeNormal(InitialisationEntry):
    kind: Literal["he_normal"] = "he_normal"
    title: ClassVar[str] = "He normal"
    help: ClassVar[str] = "Normal with variance 2/inputs: made for ReLU (He et al., 2015)."

    def fill(self, weight: Tensor, generator: torch.Generator) -> None:
        nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)

    def pytorch_source(self) -> str:
        return 'nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)'

    def keras_source(self) -> str:
        return "initializers.HeNormal()"


class HeUniform(InitialisationEntry):
    kind: Literal["he_uniform"] = "he_uniform"
    title: ClassVar[str] = "He uniform"
    help: ClassVar[str] = "Uniform with variance 2/inputs: made for ReLU (He et al., 2015)."

    def fill(self, weight: Tensor, generator: torch.Generator) -> None:
        nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)

    def pytorch_source(self) -> str:
        return 'nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)'

    def keras_source(self) -> str:
        return "initializers.HeUniform()"


class XavierNormal(InitialisationEntry):
    kind: Literal["xavier_normal"] = "xavier_normal"
    title: ClassVar[str] = "Xavier normal"
    help: ClassVar[str] = "Normal with variance 2/(inputs + outputs): made for tanh (Glorot and Bengio, 2010)."

    def fill(self, weight: Tensor, generator: torch.Generator) -> None:
        nn.init.xavier_normal_(weight, generator=generator)

    def pytorch_source(self) -> str:
        return "nn.init.xavier_normal_(weight, generator=generator)"

    def keras_source(self) -> str:
        return "initializers.GlorotNormal()"


class XavierUniform(InitialisationEntry):
    kind: Literal["xavier_uniform"] = "xavier_uniform"
    title: ClassVar[str] = "Xavier uniform"
    help: ClassVar[str] = "Uniform with variance 2/(inputs + outputs): Keras' default (Glorot and Bengio, 2010)."

    def fill(self, weight: Tensor, generator: torch.Generator) -> None:
        nn.init.xavier_uniform_(weight, generator=generator)

    def pytorch_source(self) -> str:
        return "nn.init.xavier_uniform_(weight, generator=generator)"

    def keras_source(self) -> str:
        return "initializers.GlorotUniform()"


class Normal(InitialisationEntry):
    kind: Literal["normal"] = "normal"
    standard_deviation: float = Field(0.05, ge=0.0, le=10.0, title="Spread", description="The standard deviation of the weights.")
    title: ClassVar[str] = "Normal"
    help: ClassVar[str] = "Normal with the spread you choose. With 0, all neurons of a layer stay alike."

    def fill(self, weight: Tensor, generator: torch.Generator) -> None:
        nn.init.normal_(weight, 0.0, self.standard_deviation, generator=generator)

    def pytorch_source(self) -> str:
        return f"nn.init.normal_(weight, 0.0, {self.standard_deviation!r}, generator=generator)"

    def keras_source(self) -> str:
        return f"initializers.RandomNormal(stddev={self.standard_deviation!r})"


class Zeros(InitialisationEntry):
    kind: Literal["zeros"] = "zeros"
    title: ClassVar[str] = "Zeros"
    help: ClassVar[str] = "All weights 0: try it, and see why nobody does it."

    def fill(self, weight: Tensor, generator: torch.Generator) -> None:
        nn.init.zeros_(weight)

    def pytorch_source(self) -> str:
        return "nn.init.zeros_(weight)"

    def keras_source(self) -> str:
        return "initializers.Zeros()"
