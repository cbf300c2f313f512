"""What there is to say about a run before it is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playground.data import Source
from playground.network import LayerReport, Totals
from playground.spec import RunSpec


@dataclass(frozen=True)
class Mend:
    """A change that mends a finding: the button's words, and the run after it."""

    label: str
    run: RunSpec


@dataclass(frozen=True)
class Finding:
    """Something about a run that its builder should know.

    Attributes:
        severity: with an "error" the run cannot be trained; a "warning" can, but likely is a mistake.
        message: one or two sentences.
        layer: the index of the layer it is about, or None.
    """

    severity: Literal["error", "warning"]
    message: str
    layer: int | None = None
    mend: Mend | None = None


@dataclass(frozen=True)
class Plan:
    """What a run will be, as far as can be told without training it."""

    run: RunSpec
    source: Source
    layers: tuple[LayerReport, ...]
    totals: Totals
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def can_train(self) -> bool:
        return not self.errors
