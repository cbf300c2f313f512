"""What the page of ingredients says of activations, losses and optimizers; and that the formulas are true.

The losses' formulas are computed by hand in test_losses.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from examples import all_examples, name_of
from numpy.typing import NDArray
from scipy import special

from playground.catalog import ACTIVATIONS, LOSSES, OPTIMIZERS
from playground.catalog.activations import ActivationEntry
from playground.catalog.entry import Entry
from playground.catalog.optimizers import OptimizerEntry

Doubles = NDArray[np.float64]
INGREDIENTS = [entry for table in (ACTIVATIONS, LOSSES, OPTIMIZERS) for entry in table.values()]


@pytest.mark.parametrize("entry", INGREDIENTS, ids=lambda entry: entry.__name__)
def test_an_ingredient_says_its_formula_when_to_use_it_and_where_it_comes_from(entry: type[Entry]) -> None:
    assert entry.formula and entry.formula.count("{") == entry.formula.count("}")
    assert 40 < len(entry.when) < 260 and entry.when[-1] == "." and entry.when[0].isupper()
    assert 1 <= len(re.findall(r"[.!?](?: |$)", entry.when)) <= 3
    assert re.search(r"\(\d{4}\)|documentation", entry.source), "a year, or a documentation"
    assert re.search(r"\[[^\]]+\]\(https?://[^ )]+\)", entry.source), "an address"


# Each formula as it is written in the catalogue, and written once more in numpy: whoever changes one must prove the new one.
ACTIVATION_FORMULAS: dict[str, Callable[[Doubles, Any], Doubles]] = {
    r"f(x) = x": lambda x, entry: x,
    r"f(x) = \max(0, x)": lambda x, entry: np.maximum(0, x),
    r"f(x) = \max(0, x) + a \min(0, x)": lambda x, entry: np.maximum(0, x) + entry.negative_slope * np.minimum(0, x),
    r"f(x) = x \text{ if } x > 0 \text{ else } \alpha (e^x - 1)": lambda x, entry: np.where(
        x > 0, x, entry.alpha * (np.exp(x) - 1)
    ),
    r"f(x) = x \, \Phi(x), \quad \Phi(x) = \tfrac{1}{2}\left(1 + \mathrm{erf}\left(x / \sqrt{2}\right)\right)": lambda x, entry: (
        x * (1 + special.erf(x / np.sqrt(2))) / 2
    ),
    r"f(x) = x \, \sigma(x), \quad \sigma(x) = \frac{1}{1 + e^{-x}}": lambda x, entry: x / (1 + np.exp(-x)),
    r"f(x) = \frac{1}{1 + e^{-x}}": lambda x, entry: 1 / (1 + np.exp(-x)),
    r"f(x) = \tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}": lambda x, entry: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    r"f(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}": lambda x, entry: np.exp(x) / np.exp(x).sum(1, keepdims=True),
    r"f(x)_i = x_i - \ln \sum_j e^{x_j}": lambda x, entry: x - np.log(np.exp(x).sum(1, keepdims=True)),
    r"f(x) = \ln(1 + e^x)": lambda x, entry: np.log(1 + np.exp(x)),
}


@pytest.mark.parametrize("activation", all_examples("activation"), ids=name_of)
def test_an_activation_computes_the_formula_that_is_written(activation: ActivationEntry) -> None:
    x = np.linspace(-6, 6, 60).reshape(6, 10)
    outputs = activation.module()(torch.from_numpy(x)).numpy()
    assert np.allclose(outputs, ACTIVATION_FORMULAS[activation.formula](x, activation), atol=1e-10)


def _sgd(o: Any, gradients: Doubles, w: float) -> float:
    v = 0.0
    for g in gradients:
        g += o.weight_decay * w
        v = o.momentum * v + g
        w -= o.learning_rate * (g + o.momentum * v if o.nesterov else v)
    return w


def _adam(o: Any, gradients: Doubles, w: float) -> float:
    m = s = 0.0
    for t, g in enumerate(gradients, 1):
        g += o.weight_decay * w
        m, s = o.momentum * m + (1 - o.momentum) * g, o.beta2 * s + (1 - o.beta2) * g**2
        w -= o.learning_rate * (m / (1 - o.momentum**t)) / (np.sqrt(s / (1 - o.beta2**t)) + 1e-8)
    return w


def _adamw(o: Any, gradients: Doubles, w: float) -> float:
    m = s = 0.0
    for t, g in enumerate(gradients, 1):
        m, s = o.momentum * m + (1 - o.momentum) * g, o.beta2 * s + (1 - o.beta2) * g**2
        w *= 1 - o.learning_rate * o.weight_decay
        w -= o.learning_rate * (m / (1 - o.momentum**t)) / (np.sqrt(s / (1 - o.beta2**t)) + 1e-8)
    return w


def _rmsprop(o: Any, gradients: Doubles, w: float) -> float:
    s = v = 0.0
    for g in gradients:
        g += o.weight_decay * w
        s = o.alpha * s + (1 - o.alpha) * g**2
        v = o.momentum * v + g / (np.sqrt(s) + 1e-8)
        w -= o.learning_rate * v
    return w


def _adagrad(o: Any, gradients: Doubles, w: float) -> float:
    s = 0.0
    for g in gradients:
        g += o.weight_decay * w
        s += g**2
        w -= o.learning_rate * g / (np.sqrt(s) + 1e-10)
    return w


def _adadelta(o: Any, gradients: Doubles, w: float) -> float:
    s = u = 0.0
    for g in gradients:
        g += o.weight_decay * w
        s = o.rho * s + (1 - o.rho) * g**2
        d = np.sqrt(u + 1e-6) / np.sqrt(s + 1e-6) * g
        u = o.rho * u + (1 - o.rho) * d**2
        w -= o.learning_rate * d
    return w


def _nadam(o: Any, gradients: Doubles, w: float) -> float:
    m = s = 0.0
    product = 1.0
    for t, g in enumerate(gradients, 1):
        g += o.weight_decay * w
        m, s = o.momentum * m + (1 - o.momentum) * g, o.beta2 * s + (1 - o.beta2) * g**2
        now, later = (o.momentum * (1 - 0.5 * 0.96 ** (0.004 * step)) for step in (t, t + 1))
        product *= now
        ahead = (1 - now) / (1 - product) * g + later / (1 - product * later) * m
        w -= o.learning_rate * ahead / (np.sqrt(s / (1 - o.beta2**t)) + 1e-8)
    return w


def _adamax(o: Any, gradients: Doubles, w: float) -> float:
    m = u = 0.0
    for t, g in enumerate(gradients, 1):
        g += o.weight_decay * w
        m, u = o.momentum * m + (1 - o.momentum) * g, max(o.beta2 * u, abs(g) + 1e-8)
        w -= o.learning_rate / (1 - o.momentum**t) * m / u
    return w


# The catalogue's formulas, line by line.
OPTIMIZER_FORMULAS = {
    "sgd": _sgd, "adam": _adam, "adamw": _adamw, "rmsprop": _rmsprop,
    "adagrad": _adagrad, "adadelta": _adadelta, "nadam": _nadam, "adamax": _adamax,
}  # fmt: skip


@pytest.mark.parametrize("optimizer", all_examples("optimizer"), ids=name_of)
def test_an_optimizer_takes_the_steps_of_the_formula_that_is_written(optimizer: OptimizerEntry) -> None:
    optimizer = optimizer.model_copy(update={"learning_rate": 0.03})
    gradients = np.random.default_rng(4).standard_normal(12)
    weight = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    running = optimizer.build([weight])
    for gradient in gradients:
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        running.step()
    by_hand = OPTIMIZER_FORMULAS[optimizer.kind](optimizer, gradients, 0.7)  # type: ignore[attr-defined]
    assert weight.item() == pytest.approx(by_hand, rel=1e-5, abs=1e-7)
