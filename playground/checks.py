"""Is a run fit to be trained? `check` tells all findings at once; `require_trainable` refuses a run with errors."""

from __future__ import annotations

from playground import data
from playground.errors import PlaygroundError
from playground.findings import Finding, Mend, Plan
from playground.frozen_rules import frozen_layers
from playground.network import totals, trace
from playground.rules import RULES
from playground.spec import RunSpec

__all__ = ["Finding", "Mend", "Plan", "check", "require_trainable"]


def check(run: RunSpec) -> Plan:
    """Shapes, costs and all findings of a run, errors first.

    Raises:
        PlaygroundError: the data set's name is unknown.
    """
    reports = trace(run.network, data.source(run.dataset).input_shape)
    plan = Plan(run, data.source(run.dataset), reports, totals(run, reports))
    findings = [finding for rule in (*RULES, frozen_layers) for finding in rule(plan)]
    findings.sort(key=lambda finding: finding.severity != "error")
    return Plan(plan.run, plan.source, plan.layers, plan.totals, tuple(findings))


def require_trainable(run: RunSpec) -> Plan:
    """The plan of a run that can be trained.

    Raises:
        PlaygroundError: it cannot; every reason is named.
    """
    plan = check(run)
    if not plan.can_train:
        raise PlaygroundError(
            "This network cannot be trained: " + " ".join(finding.message for finding in plan.errors),
            mend="Mend what is named, then train.",
        )
    return plan
