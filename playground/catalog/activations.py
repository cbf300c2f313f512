"""Activation functions: what a neuron does with its weighted sum. To add one is to add one class and list it below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field
from torch import nn

from playground.catalog.entry import Entry, family


class ActivationEntry(Entry):
    """An activation applied elementwise, or over the channel axis (Softmax, LogSoftmax)."""

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
    when: ClassVar[str] = (
        "For the last layer of nearly every network, because the loss does the rest. Between two layers it is of no use: "
        "without an activation, many layers can do no more than one."
    )
    source: ClassVar[str] = (
        "PyTorch documentation: [torch.nn.Identity](https://docs.pytorch.org/docs/stable/generated/torch.nn.Identity.html)"
    )
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
    when: ClassVar[str] = (
        "The first choice for hidden layers, dense or convolutional. Look elsewhere when many of its neurons die: stay "
        "at 0 for every image."
    )
    source: ClassVar[str] = (
        "Nair, Hinton (2010): [Rectified Linear Units Improve Restricted Boltzmann "
        "Machines](https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf)"
    )
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
    when: ClassVar[str] = (
        "When neurons with ReLU die, which happens with large learning rates: here every neuron keeps a slope to learn from."
    )
    source: ClassVar[str] = (
        "Maas, Hannun, Ng (2013): [Rectifier Nonlinearities Improve Neural Network Acoustic "
        "Models](https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf)"
    )
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
    help: ClassVar[str] = "Like ReLU, with a smooth curve down to −alpha below 0."
    when: ClassVar[str] = (
        "In deep networks without batch norm: its negative values keep the mean of a layer's outputs near 0, which "
        "speeds learning up."
    )
    source: ClassVar[str] = (
        "Clevert, Unterthiner, Hochreiter (2016): [Fast and Accurate Deep Network Learning by Exponential Linear Units "
        "(ELUs)](https://arxiv.org/abs/1511.07289)"
    )
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
    when: ClassVar[str] = (
        "Where ReLU would do and one wants a smooth curve; the usual choice in transformers, the networks behind language models."
    )
    source: ClassVar[str] = "Hendrycks, Gimpel (2016): [Gaussian Error Linear Units (GELUs)](https://arxiv.org/abs/1606.08415)"
    formula: ClassVar[str] = (
        r"f(x) = x \, \Phi(x), \quad \Phi(x) = \tfrac{1}{2}\left(1 + \mathrm{erf}\left(x / \sqrt{2}\right)\right)"
    )

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
    when: ClassVar[str] = (
        "In deep convolutional networks instead of ReLU: often a little more accurate, a little slower to compute."
    )
    source: ClassVar[str] = (
        "Elfwing, Uchibe, Doya (2018): [Sigmoid-Weighted Linear Units for Neural Network Function Approximation in "
        "Reinforcement Learning](https://arxiv.org/abs/1702.03118)"
    )
    formula: ClassVar[str] = r"f(x) = x \, \sigma(x), \quad \sigma(x) = \frac{1}{1 + e^{-x}}"

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
    when: ClassVar[str] = (
        "Where an output must be a share or a probability between 0 and 1. In hidden layers ReLU or tanh learn faster: "
        "far from 0 its slope is almost 0."
    )
    source: ClassVar[str] = (
        "Rumelhart, Hinton, Williams (1986): [Learning representations by back-propagating "
        "errors](https://doi.org/10.1038/323533a0)"
    )
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
    when: ClassVar[str] = (
        "In small networks, and where a smooth answer is wanted, as for points in the plane. Better than the sigmoid in "
        "hidden layers, because its outputs lie around 0."
    )
    source: ClassVar[str] = (
        "LeCun, Bottou, Orr, Müller (1998): [Efficient BackProp](http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf)"
    )
    formula: ClassVar[str] = r"f(x) = \tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}"
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
    when: ClassVar[str] = (
        "As the very last step, to read outputs as probabilities. Leave it out of the network when the loss is "
        "cross-entropy: that one applies it itself."
    )
    source: ClassVar[str] = (
        "Bridle (1990): [Probabilistic Interpretation of Feedforward Classification Network "
        "Outputs](https://doi.org/10.1007/978-3-642-76153-9_28)"
    )
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
    when: ClassVar[str] = (
        "As the last step before the loss “negative log-likelihood”. Computed in one go it stays exact where softmax and "
        "then a logarithm would give minus infinity."
    )
    source: ClassVar[str] = (
        "PyTorch documentation: [torch.nn.LogSoftmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html)"
    )
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
    when: ClassVar[str] = (
        "Where an output must be positive, such as a spread or a price. In hidden layers ReLU is faster and as good."
    )
    source: ClassVar[str] = (
        "Dugas, Bengio, Bélisle, Nadeau, Garcia (2001): [Incorporating Second-Order Functional Knowledge for Better "
        "Option "
        "Pricing](https://papers.nips.cc/paper/1920-incorporating-second-order-functional-knowledge-for-better-option-pricing)"
    )
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
