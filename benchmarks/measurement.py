"""One measured figure beside its target."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Measurement:
    """One figure.

    Attributes:
        title: what was measured.
        value: the figure, most often a median of `samples`.
        unit: "times" for a ratio, otherwise "s", "ms", "MB", "%", ...
        target: the figure to reach; None when there is none.
        better: whether a "higher" or "lower" figure is better.
        detail: what it was computed from, in words.
        samples: the single figures, rounded.
    """

    title: str
    value: float
    unit: str
    target: float | None = None
    better: Literal["higher", "lower"] = "higher"
    detail: str = ""
    samples: tuple[float, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether the figure is as good as its target; True without a target."""
        if self.target is None:
            return True
        return self.value >= self.target if self.better == "higher" else self.value <= self.target

    @property
    def verdict(self) -> str:
        return "" if self.target is None else "ok" if self.reached else "MISSED"

    def target_text(self) -> str:
        """For example ">= 3"."""
        return "" if self.target is None else f"{'>=' if self.better == 'higher' else '<='} {self.target:g}"

    def value_text(self) -> str:
        """Three figures, or two decimals for shares and ratios."""
        text = f"{self.value:.2f}" if abs(self.value) < 100 else f"{self.value:,.0f}"
        return f"{text} {self.unit}"

    def line(self) -> str:
        """The figure first, then its target, then what it is."""
        detail = f"  ({self.detail})" if self.detail else ""
        return f"{self.value_text():>12}  {self.target_text():>9}  {self.verdict:<6}  {self.title}{detail}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


Report = Callable[[Measurement], None]
"""Takes a figure as soon as it is known."""


def median_of(
    title: str,
    samples: list[float],
    unit: str,
    target: float | None = None,
    better: Literal["higher", "lower"] = "higher",
    detail: str = "",
) -> Measurement:
    """The median of at least one sample, with the range in its detail."""
    spread = f"median of {len(samples)}, {min(samples):.3g} to {max(samples):.3g}" if len(samples) > 1 else ""
    text = "; ".join(filter(None, (detail, spread)))
    kept = tuple(float(f"{sample:.4g}") for sample in samples)
    return Measurement(title, statistics.median(samples), unit, target, better, text, kept)
