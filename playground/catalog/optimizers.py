"""Optimizers: how the weights follow the gradient. To add one is to add one class and list it in `catalog/__init__.py`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import torch
from pydantic import Field

from playground.catalog.optimizer import OptimizerEntry as OptimizerEntry
from playground.catalog.optimizer import decay, rate


def _share(default: float, title: str, description: str) -> Any:
    return Field(default, ge=0.0, lt=1.0, title=title, description=description)


_MOMENTUM = "How much of the last steps' direction is kept."
_SQUARES = "How long the average of squared gradients remembers."


class SGD(OptimizerEntry):
    kind: Literal["sgd"] = "sgd"
    learning_rate: float = rate(0.1)
    momentum: float = _share(0.0, "Momentum", _MOMENTUM)
    nesterov: bool = Field(False, title="Nesterov", description="Looks ahead along the momentum before it turns.")
    title: ClassVar[str] = "SGD"
    help: ClassVar[str] = "Plain stochastic gradient descent: one step downhill a batch, with momentum if you like."
    formula: ClassVar[str] = (
        r"\begin{aligned} "
        r"v_t &= \mu\, v_{t-1} + g_t \\ "
        r"w_t &= w_{t-1} - \eta\, v_t \\ "
        r"\text{Nesterov: } w_t &= w_{t-1} - \eta\, (g_t + \mu\, v_t) "
        r"\end{aligned}"
    )
    when: ClassVar[str] = (
        "With momentum 0.9, and a learning rate that falls, it still gives the best image networks; it needs its "
        "learning rate tuned. Without momentum it is the simplest of all, and slow in ravines."
    )
    source: ClassVar[str] = (
        "Robbins, Monro (1951): [A Stochastic Approximation Method](https://doi.org/10.1214/aoms/1177729586). Momentum: "
        "Sutskever and others (2013): [On the importance of initialization and momentum in deep "
        "learning](https://proceedings.mlr.press/v28/sutskever13.html)"
    )
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

    learning_rate: float = rate(0.001)
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
    formula: ClassVar[str] = (
        r"\begin{aligned} "
        r"m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, g_t \\ "
        r"s_t &= \beta_2 s_{t-1} + (1 - \beta_2)\, g_t^2 \\ "
        r"w_t &= w_{t-1} - \eta\, \frac{m_t / (1 - \beta_1^t)}{\sqrt{s_t / (1 - \beta_2^t)} + \varepsilon} "
        r"\end{aligned}"
    )
    when: ClassVar[str] = (
        "The first thing to try: it works with little tuning, for nearly any network. Begin with a learning rate of 0.001."
    )
    source: ClassVar[str] = "Kingma, Ba (2015): [Adam: A Method for Stochastic Optimization](https://arxiv.org/abs/1412.6980)"
    torch_class = torch.optim.Adam
    keras_class = "Adam"
    fused = True


class AdamW(_AdamLike):
    kind: Literal["adamw"] = "adamw"
    weight_decay: float = decay(0.01)
    title: ClassVar[str] = "AdamW"
    help: ClassVar[str] = "Adam with weight decay done properly, apart from the gradient."
    formula: ClassVar[str] = (
        r"\begin{aligned} "
        r"m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, g_t \\ "
        r"s_t &= \beta_2 s_{t-1} + (1 - \beta_2)\, g_t^2 \\ "
        r"w_t &= (1 - \eta \lambda)\, w_{t-1} - \eta\, \frac{m_t / (1 - \beta_1^t)}{\sqrt{s_t / (1 - \beta_2^t)} + \varepsilon} "
        r"\end{aligned}"
    )
    when: ClassVar[str] = "Instead of Adam whenever you use weight decay; the standard for large networks such as transformers."
    source: ClassVar[str] = "Loshchilov, Hutter (2019): [Decoupled Weight Decay Regularization](https://arxiv.org/abs/1711.05101)"
    torch_class = torch.optim.AdamW
    keras_class = "AdamW"
    decoupled_decay = True
    fused = True


class RMSprop(OptimizerEntry):
    kind: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = rate(0.001)
    momentum: float = _share(0.0, "Momentum", _MOMENTUM)
    alpha: float = _share(0.99, "Alpha", _SQUARES)
    title: ClassVar[str] = "RMSprop"
    help: ClassVar[str] = "Divides each step by the recent size of that weight's gradient."
    formula: ClassVar[str] = (
        r"\begin{aligned} "
        r"s_t &= \alpha\, s_{t-1} + (1 - \alpha)\, g_t^2 \\ "
        r"v_t &= \mu\, v_{t-1} + \frac{g_t}{\sqrt{s_t} + \varepsilon} \\ "
        r"w_t &= w_{t-1} - \eta\, v_t "
        r"\end{aligned}"
    )
    when: ClassVar[str] = (
        "When gradients differ much in size from weight to weight, or change over time, as in recurrent networks and in "
        "learning by reward."
    )
    source: ClassVar[str] = (
        "Tieleman, Hinton (2012): [Lecture 6.5: "
        "rmsprop](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf)"
    )
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
    formula: ClassVar[str] = (
        r"\begin{aligned} "
        r"s_t &= s_{t-1} + g_t^2 \\ "
        r"w_t &= w_{t-1} - \eta\, \frac{g_t}{\sqrt{s_t} + \varepsilon} "
        r"\end{aligned}"
    )
    when: ClassVar[str] = (
        "When some inputs are rare, such as words in a text: what is seldom seen keeps its large steps. In long "
        "trainings its steps become too small."
    )
    source: ClassVar[str] = (
        "Duchi, Hazan, Singer (2011): [Adaptive Subgradient Methods for Online Learning and Stochastic "
        "Optimization](https://jmlr.org/papers/v12/duchi11a.html)"
    )
    torch_class = torch.optim.Adagrad
    keras_class = "Adagrad"
    fused = True
    states = 1

    def keras_options(self) -> dict[str, Any]:
        # Keras adds epsilon under the square root, PyTorch 1e-10 behind it.
        return {"initial_accumulator_value": 0.0, "epsilon": 1e-20}


class Adadelta(OptimizerEntry):
    kind: Literal["adadelta"] = "adadelta"
    learning_rate: float = rate(1.0)
    rho: float = _share(0.9, "Rho", _SQUARES)
    title: ClassVar[str] = "Adadelta"
    help: ClassVar[str] = "Finds its step size from its own past steps; the learning rate is only a factor."
    formula: ClassVar[str] = (
        r"\begin{aligned} "
        r"s_t &= \rho\, s_{t-1} + (1 - \rho)\, g_t^2 \\ "
        r"d_t &= \frac{\sqrt{u_{t-1} + \varepsilon}}{\sqrt{s_t + \varepsilon}}\, g_t \\ "
        r"u_t &= \rho\, u_{t-1} + (1 - \rho)\, d_t^2 \\ "
        r"w_t &= w_{t-1} - \eta\, d_t "
        r"\end{aligned}"
    )
    when: ClassVar[str] = (
        "When you cannot tune a learning rate at all. It begins with tiny steps and needs patience; Adam mostly gets "
        "there sooner."
    )
    source: ClassVar[str] = "Zeiler (2012): [ADADELTA: An Adaptive Learning Rate Method](https://arxiv.org/abs/1212.5701)"
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
    formula: ClassVar[str] = (
        r"\begin{aligned} "
        r"m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, g_t \\ "
        r"s_t &= \beta_2 s_{t-1} + (1 - \beta_2)\, g_t^2 \\ "
        r"\mu_t &= \beta_1 \left(1 - \tfrac{1}{2}\, 0.96^{\,0.004\, t}\right) \\ "
        r"\Pi_t &= \mu_1 \mu_2 \cdots \mu_t \\ "
        r"w_t &= w_{t-1} - \eta\, \frac{\frac{1 - \mu_t}{1 - \Pi_t}\, g_t "
        r"+ \frac{\mu_{t+1}}{1 - \Pi_{t+1}}\, m_t}{\sqrt{s_t / (1 - \beta_2^t)} + \varepsilon} "
        r"\end{aligned}"
    )
    when: ClassVar[str] = "Like Adam, where the path is long and even: looking ahead can save a few epochs."
    source: ClassVar[str] = (
        "Dozat (2016): [Incorporating Nesterov Momentum into Adam](https://openreview.net/pdf/OM0jvwB8jIp57ZJjtNEZ.pdf)"
    )
    torch_class = torch.optim.NAdam
    keras_class = "Nadam"  # whose momentum warms up within 100 batches; PyTorch's takes thousands


class Adamax(_AdamLike):
    kind: Literal["adamax"] = "adamax"
    learning_rate: float = rate(0.002)
    title: ClassVar[str] = "Adamax"
    help: ClassVar[str] = "Adam that goes by the largest recent gradient: calm after rare, large ones."
    formula: ClassVar[str] = (
        r"\begin{aligned} "
        r"m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, g_t \\ "
        r"u_t &= \max(\beta_2\, u_{t-1},\ |g_t| + \varepsilon) \\ "
        r"w_t &= w_{t-1} - \frac{\eta}{1 - \beta_1^t} \cdot \frac{m_t}{u_t} "
        r"\end{aligned}"
    )
    when: ClassVar[str] = (
        "Instead of Adam when single batches bring gradients far larger than the others: no later step grows because of them."
    )
    source: ClassVar[str] = (
        "Kingma, Ba (2015), section 7.1: [Adam: A Method for Stochastic Optimization](https://arxiv.org/abs/1412.6980)"
    )
    torch_class = torch.optim.Adamax
    keras_class = "Adamax"
