"""Activation functions: what a neuron does with its weighted sum. To add one is to add one class and list it below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field
from torch import nn

from playground.catalog.entry import Entry, family


class ActivationEntry(Entry):
    """An activation applied elementwise, or over the channel axis (Softmax, LogSoftmax)."""

    formula: ClassVar[str] = ""
    saturates: ClassVar[bool] = False
    linear: ClassVar[bool] = False
    output: ClassVar[str] = "any"  # what its values are: "any", "probabilities" or "log-probabilities"

    def module(self) -> nn.Module:
        """The PyTorch module; input and output have the same shape and dtype."""
        raise NotImplementedError

    def pytorch_source(self) -> str:
        raise NotImplementedError

    def keras_source(self) -> str:
        raise NotImplementedError


class Identity(ActivationEntry):
    kind: Literal["identity"] = "identity"
    title: ClassVar[str] = "None (identity)"
    help: ClassVar[str] = "Passes the sum on unchanged. Right for the last layer: the loss does the rest."
    formula: ClassVar[str] = r"f(x) = x"
    linear: ClassVar[bool] = True

    def module(self) -> nn.Module:
        return nn.Identity()

    def pytorch_source(self) -> str:
        return "nn.Identity()"

    def keras_source(self) -> str:
        return 'layers.Activation("linear")'


class ReLU(ActivationEntry):
    kind: Literal["relu"] = "relu"
    title: ClassVar[str] = "ReLU"
    help: ClassVar[str] = "Keeps positive values, turns negative ones to 0. Fast, and the usual first choice."
    formula: ClassVar[str] = r"f(x) = \max(0, x)"

    def module(self) -> nn.Module:
        return nn.ReLU()

    def pytorch_source(self) -> str:
        return "nn.ReLU()"

    def keras_source(self) -> str:
        return 'layers.Activation("relu")'


class LeakyReLU(ActivationEntry):
    kind: Literal["leaky_relu"] = "leaky_relu"
    negative_slope: float = Field(0.01, ge=0.0, le=1.0, title="Slope below 0", description="How much of a negative sum passes.")
    title: ClassVar[str] = "Leaky ReLU"
    help: ClassVar[str] = "Like ReLU, but lets a little of the negative side through, so that no neuron dies."
    formula: ClassVar[str] = r"f(x) = \max(0, x) + a \min(0, x)"

    def module(self) -> nn.Module:
        return nn.LeakyReLU(self.negative_slope)

    def pytorch_source(self) -> str:
        return f"nn.LeakyReLU({self.negative_slope!r})"

    def keras_source(self) -> str:
        return f"layers.LeakyReLU(negative_slope={self.negative_slope!r})"


class ELU(ActivationEntry):
    kind: Literal["elu"] = "elu"
    alpha: float = Field(1.0, gt=0.0, le=10.0, title="Alpha", description="The value approached far below 0, negated.")
    title: ClassVar[str] = "ELU"
    help: ClassVar[str] = "Like ReLU, with a smooth curve down to -alpha below 0."
    formula: ClassVar[str] = r"f(x) = x \text{ if } x > 0 \text{ else } \alpha (e^x - 1)"

    def module(self) -> nn.Module:
        return nn.ELU(self.alpha)

    def pytorch_source(self) -> str:
        return f"nn.ELU({self.alpha!r})"

    def keras_source(self) -> str:
        return f"layers.ELU(alpha={self.alpha!r})"


class GELU(ActivationEntry):
    kind: Literal["gelu"] = "gelu"
    title: ClassVar[str] = "GELU"
    help: ClassVar[str] = "A smooth ReLU that weighs each value by how large it is. Used in language models."
    formula: ClassVar[str] = r"f(x) = x \, \Phi(x)"

    def module(self) -> nn.Module:
        return nn.GELU()

    def pytorch_source(self) -> str:
        return "nn.GELU()"

    def keras_source(self) -> str:
        return 'layers.Activation("gelu")'


class SiLU(ActivationEntry):
    kind: Literal["silu"] = "silu"
    title: ClassVar[str] = "SiLU (swish)"
    help: ClassVar[str] = "The value times its own sigmoid: a smooth ReLU with a small dip below 0."
    formula: ClassVar[str] = r"f(x) = x \, \sigma(x)"

    def module(self) -> nn.Module:
        return nn.SiLU()

    def pytorch_source(self) -> str:
        return "nn.SiLU()"

    def keras_source(self) -> str:
        return 'layers.Activation("silu")'


class Sigmoid(ActivationEntry):
    kind: Literal["sigmoid"] = "sigmoid"
    title: ClassVar[str] = "Sigmoid"
    help: ClassVar[str] = "Squeezes any value between 0 and 1. In many layers on top of each other, learning dies away."
    formula: ClassVar[str] = r"f(x) = \frac{1}{1 + e^{-x}}"
    saturates: ClassVar[bool] = True

    def module(self) -> nn.Module:
        return nn.Sigmoid()

    def pytorch_source(self) -> str:
        return "nn.Sigmoid()"

    def keras_source(self) -> str:
        return 'layers.Activation("sigmoid")'


class Tanh(ActivationEntry):
    kind: Literal["tanh"] = "tanh"
    title: ClassVar[str] = "Tanh"
    help: ClassVar[str] = "Squeezes any value between -1 and 1, with 0 in the middle."
    formula: ClassVar[str] = r"f(x) = \tanh(x)"
    saturates: ClassVar[bool] = True

    def module(self) -> nn.Module:
        return nn.Tanh()

    def pytorch_source(self) -> str:
        return "nn.Tanh()"

    def keras_source(self) -> str:
        return 'layers.Activation("tanh")'


class Softmax(ActivationEntry):
    kind: Literal["softmax"] = "softmax"
    title: ClassVar[str] = "Softmax"
    help: ClassVar[str] = "Turns the outputs into probabilities that add up to 1. Cross-entropy does this by itself."
    formula: ClassVar[str] = r"f(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}"
    output: ClassVar[str] = "probabilities"

    def module(self) -> nn.Module:
        return nn.Softmax(dim=1)

    def pytorch_source(self) -> str:
        return "nn.Softmax(dim=1)"

    def keras_source(self) -> str:
        return 'layers.Activation("softmax")'


class LogSoftmax(ActivationEntry):
    kind: Literal["log_softmax"] = "log_softmax"
    title: ClassVar[str] = "Log-softmax"
    help: ClassVar[str] = "The logarithm of softmax: what the loss 'negative log-likelihood' wants as the last step."
    formula: ClassVar[str] = r"f(x)_i = x_i - \ln \sum_j e^{x_j}"
    output: ClassVar[str] = "log-probabilities"

    def module(self) -> nn.Module:
        return nn.LogSoftmax(dim=1)

    def pytorch_source(self) -> str:
        return "nn.LogSoftmax(dim=1)"

    def keras_source(self) -> str:
        return 'layers.Activation("log_softmax")'


class Softplus(ActivationEntry):
    kind: Literal["softplus"] = "softplus"
    title: ClassVar[str] = "Softplus"
    help: ClassVar[str] = "A rounded ReLU: always positive, always smooth."
    formula: ClassVar[str] = r"f(x) = \ln(1 + e^x)"

    def module(self) -> nn.Module:
        return nn.Softplus()

    def pytorch_source(self) -> str:
        return "nn.Softplus()"

    def keras_source(self) -> str:
        return 'layers.Activation("softplus")'


_family, ACTIVATIONS = family(Identity, ReLU, LeakyReLU, ELU, GELU, SiLU, Sigmoid, Tanh, Softmax, LogSoftmax, Softplus)
if TYPE_CHECKING:
    Activation = ActivationEntry
else:
    Activation = _family
