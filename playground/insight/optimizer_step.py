"""The step that an optimizer takes on one weight, worked out by hand, line by line, as `torch.optim` documents it.

Sources: Robbins & Monro 1951 (SGD), Sutskever et al. 2013 (momentum, Nesterov), Duchi et al. 2011 (Adagrad), Zeiler 2012
(Adadelta), Hinton's lecture 6e (RMSprop), Kingma & Ba 2015 (Adam, Adamax), Loshchilov & Hutter 2019 (AdamW), Dozat 2016 (NAdam).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from playground.catalog.optimizers import OptimizerEntry
from playground.errors import PlaygroundError
from playground.insight.written import bracketed
from playground.insight.written import written as n

# What each number of an optimizer's memory is.
STATE_WORDS: dict[str, str] = {
    "step": "steps taken so far",
    "momentum_buffer": "momentum: the steps' direction so far",
    "exp_avg": "m: running average of the gradient",
    "exp_avg_sq": "v: running average of the squared gradient",
    "exp_inf": "u: largest recent gradient, fading",
    "square_avg": "s: running average of the squared gradient",
    "sum": "s: sum of all squared gradients so far",
    "acc_delta": "d: running average of the squared steps",
    "mu_product": "product of all momentum factors so far",
}


@dataclass(frozen=True)
class Line:
    """One line of the calculation: `symbol = formula = worked = value`."""

    symbol: str
    formula: str
    worked: str
    value: float
    words: str


@dataclass(frozen=True)
class StepByHand:
    """All lines, and the weight after the step."""

    lines: tuple[Line, ...]
    new_weight: float


class _Page:
    """Collects lines."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def line(self, symbol: str, formula: str, worked: str, value: float, words: str) -> float:
        self.lines.append(Line(symbol, formula, bracketed(worked), value, words))
        return value


def state_at(optimizer: torch.optim.Optimizer, parameter: Tensor, index: tuple[int, ...]) -> dict[str, float]:
    """What the optimizer remembers of one weight; empty before its first step."""
    found = {}
    for name, value in optimizer.state.get(parameter, {}).items():
        if isinstance(value, Tensor):
            found[name] = float(value[index] if value.shape == parameter.shape and value.dim() else value)
        elif value is not None:
            found[name] = float(value)
    return found


def step_by_hand(
    entry: OptimizerEntry, group: Mapping[str, Any], state: Mapping[str, float], weight: float, gradient: float
) -> StepByHand:
    """One step on one weight.

    Args:
        group: the optimizer's parameter group: the settings in force, the learning rate as `lr`.
        state: from `state_at`.
        gradient: dL/dw with the penalties' share, without weight decay.

    Raises:
        PlaygroundError: this optimizer has no walk-through.
    """
    kind: str = entry.kind  # type: ignore[attr-defined]
    if kind not in _BY_HAND:
        raise PlaygroundError(f"There is no walk-through of {entry.title} yet.", "Its real step can still be taken.")
    page = _Page()
    rate = float(group["lr"])
    g, w = gradient, weight
    if group["weight_decay"]:
        decay = group["weight_decay"]
        if entry.decoupled_decay:
            w = page.line(
                "w", "w − rate · decay · w", f"{n(w)} − {n(rate)} · {decay:g} · {n(w)}", w - rate * decay * w,
                "weight decay, apart from the gradient: a little nearer to 0",
            )  # fmt: skip
        else:
            g = page.line(
                "g", "g + decay · w", f"{n(g)} + {decay:g} · {n(w)}", g + decay * w, "weight decay joins the gradient"
            )  # fmt: skip
    change = _BY_HAND[kind](page, group, state, g)
    page.line("w", "w − rate · change", f"{n(w)} − {n(rate)} · {n(change)}", w - rate * change, "the step: against the change")
    return StepByHand(tuple(page.lines), w - rate * change)


Group = Mapping[str, Any]
State = Mapping[str, float]


def _change(page: _Page, formula: str, worked: str, value: float, words: str) -> float:
    return page.line("change", formula, worked, value, words)


def _sgd(page: _Page, group: Group, state: State, g: float) -> float:
    momentum = group["momentum"]
    if not momentum:
        return _change(page, "g", n(g), g, "plain SGD: just the gradient")
    if "momentum_buffer" not in state:
        b = page.line("b", "g", n(g), g, "the first step: the momentum begins as the gradient")
    else:
        before = state["momentum_buffer"]
        b = page.line(
            "b", "momentum · b + g", f"{momentum:g} · {n(before)} + {n(g)}", momentum * before + g,
            "the momentum keeps a share of the old direction",
        )  # fmt: skip
    if group["nesterov"]:
        return _change(page, "g + momentum · b", f"{n(g)} + {momentum:g} · {n(b)}", g + momentum * b, "Nesterov looks ahead")
    return _change(page, "b", n(b), b, "the step follows the momentum")


def _moments(page: _Page, group: Group, state: State, g: float) -> tuple[float, float]:
    """Adam's two running averages."""
    m = _first_moment(page, group, state, g)
    beta2, before = group["betas"][1], state.get("exp_avg_sq", 0.0)
    v = page.line(
        "v", "β₂ · v + (1 − β₂) · g²", f"{beta2:g} · {n(before)} + {1 - beta2:.4g} · {n(g)}²",
        beta2 * before + (1 - beta2) * g * g, "running average of the squared gradient: its usual size",
    )  # fmt: skip
    return m, v


def _first_moment(page: _Page, group: Group, state: State, g: float) -> float:
    beta1, before = group["betas"][0], state.get("exp_avg", 0.0)
    return page.line(
        "m", "β₁ · m + (1 − β₁) · g", f"{beta1:g} · {n(before)} + {1 - beta1:.4g} · {n(g)}", beta1 * before + (1 - beta1) * g,
        "running average of the gradient: its usual direction",
    )  # fmt: skip


def _step_number(page: _Page, state: State) -> float:
    before = state.get("step", 0.0)
    return page.line("t", "t + 1", f"{before:g} + 1", before + 1, "the number of this step")


def _adam(page: _Page, group: Group, state: State, g: float) -> float:
    (beta1, beta2), t = group["betas"], _step_number(page, state)
    m, v = _moments(page, group, state, g)
    m = page.line("m̂", "m / (1 − β₁ᵗ)", f"{n(m)} / {n(1 - beta1**t)}", m / (1 - beta1**t), "corrected: the average began at 0")
    v = page.line("v̂", "v / (1 − β₂ᵗ)", f"{n(v)} / {n(1 - beta2**t)}", v / (1 - beta2**t), "corrected likewise")
    value = m / (math.sqrt(v) + group["eps"])
    return _change(page, "m̂ / (√v̂ + ε)", f"{n(m)} / ({n(math.sqrt(v))} + {n(group['eps'])})", value, "direction ÷ usual size")


def _nadam(page: _Page, group: Group, state: State, g: float) -> float:
    (beta1, beta2), t = group["betas"], _step_number(page, state)
    m, v = _moments(page, group, state, g)
    decay = group["momentum_decay"]
    now = page.line(
        "μ", "β₁ · (1 − ½ · 0.96^(t·ψ))", f"{beta1:g} · (1 − ½ · 0.96^({t:g} · {decay:g}))",
        beta1 * (1 - 0.5 * 0.96 ** (t * decay)), "this step's momentum factor, which grows slowly",
    )  # fmt: skip
    after = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * decay))
    product = page.line(
        "P",
        "P · μ",
        f"{n(state.get('mu_product', 1.0))} · {n(now)}",
        state.get("mu_product", 1.0) * now,
        "product of all factors",
    )
    ahead = page.line(
        "m̄", "(1−μ)·g/(1−P) + μ₊·m/(1−P·μ₊)",
        f"{n(1 - now)} · {n(g)} / {n(1 - product)} + {n(after)} · {n(m)} / {n(1 - product * after)}",
        (1 - now) * g / (1 - product) + after * m / (1 - product * after),
        f"the gradient now, and where the momentum leads; μ₊ = {n(after)} is the next factor",
    )  # fmt: skip
    size = math.sqrt(v / (1 - beta2**t)) + group["eps"]
    return _change(page, "m̄ / (√(v / (1 − β₂ᵗ)) + ε)", f"{n(ahead)} / {n(size)}", ahead / size, "direction ÷ usual size")


def _adamax(page: _Page, group: Group, state: State, g: float) -> float:
    (beta1, beta2), t = group["betas"], _step_number(page, state)
    m = _first_moment(page, group, state, g)
    before, eps = state.get("exp_inf", 0.0), group["eps"]
    u = page.line(
        "u", "max(β₂ · u, |g| + ε)", f"max({beta2:g} · {n(before)}, {n(abs(g))} + {n(eps)})", max(beta2 * before, abs(g) + eps),
        "the largest recent gradient, fading",
    )  # fmt: skip
    worked = f"{n(m)} / ({n(1 - beta1**t)} · {n(u)})"
    return _change(page, "m / ((1 − β₁ᵗ) · u)", worked, m / ((1 - beta1**t) * u), "direction ÷ largest recent size")


def _rmsprop(page: _Page, group: Group, state: State, g: float) -> float:
    alpha, before = group["alpha"], state.get("square_avg", 0.0)
    s = page.line(
        "s", "α · s + (1 − α) · g²", f"{alpha:g} · {n(before)} + {1 - alpha:.4g} · {n(g)}²", alpha * before + (1 - alpha) * g * g,
        "running average of the squared gradient: its usual size",
    )  # fmt: skip
    size = math.sqrt(s) + group["eps"]
    worked, value = f"{n(g)} / ({n(math.sqrt(s))} + {n(group['eps'])})", g / size
    if not group["momentum"]:
        return _change(page, "g / (√s + ε)", worked, value, "gradient ÷ its usual size")
    value = page.line("q", "g / (√s + ε)", worked, value, "gradient ÷ its usual size")
    buffer, momentum = state.get("momentum_buffer", 0.0), group["momentum"]
    worked = f"{momentum:g} · {n(buffer)} + {n(value)}"
    return _change(page, "momentum · b + q", worked, momentum * buffer + value, "with a share of the old direction")


def _adagrad(page: _Page, group: Group, state: State, g: float) -> float:
    before = state.get("sum", 0.0)
    s = page.line("s", "s + g²", f"{n(before)} + {n(g)}²", before + g * g, "sum of all squared gradients: it only grows")
    size = math.sqrt(s) + group["eps"]
    worked = f"{n(g)} / ({n(math.sqrt(s))} + {n(group['eps'])})"
    return _change(page, "g / (√s + ε)", worked, g / size, "who has moved a lot moves less")


def _adadelta(page: _Page, group: Group, state: State, g: float) -> float:
    rho, eps, squares, steps = group["rho"], group["eps"], state.get("square_avg", 0.0), state.get("acc_delta", 0.0)
    s = page.line(
        "s", "ρ · s + (1 − ρ) · g²", f"{rho:g} · {n(squares)} + {1 - rho:.4g} · {n(g)}²", rho * squares + (1 - rho) * g * g,
        "running average of the squared gradient",
    )  # fmt: skip
    value = math.sqrt(steps + eps) / math.sqrt(s + eps) * g
    worked = f"√({n(steps)} + {n(eps)}) / √({n(s)} + {n(eps)}) · {n(g)}"
    return _change(page, "√(d + ε) / √(s + ε) · g", worked, value, "as large as its own past steps d; those begin at 0")


_BY_HAND: dict[str, Callable[[_Page, Group, State, float], float]] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adam,
    "nadam": _nadam,
    "adamax": _adamax,
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
}
