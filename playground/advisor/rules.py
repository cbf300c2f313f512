"""All rules, causes before symptoms, and which of what they say is said.

To add a rule is to write one function from a Case to an Advice, or None, and to list it in RULES; and to give it, in the tests,
a run that triggers it, one that must not, and runs with its mend, which must end better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playground.advisor import beginning, brakes, fit, signal, steps
from playground.advisor.advice import Advice, Severity
from playground.advisor.case import Case, plan_of
from playground.findings import Mend

Rule = Callable[[Case], Advice | None]
RULES: tuple[Rule, ...] = (
    beginning.raw_pixels,
    beginning.uneven_classes,
    beginning.softmax_twice,
    beginning.all_alike,
    beginning.loud_start,
    steps.diverged,
    steps.high_momentum,
    steps.exploding,
    signal.dead_neurons,
    signal.saturated,
    signal.fading_gradient,
    steps.rate_too_high,
    steps.rate_too_low,
    steps.rate_gone,
    steps.tiny_batches,
    steps.huge_batches,
    signal.only_guessing,
    steps.plateau,
    fit.bottleneck,
    brakes.strong_penalty,
    brakes.strong_dropout,
    brakes.strong_augmentation,
    fit.no_hidden_layer,
    fit.underfitting,
    fit.overfitting,
    fit.past_its_best,
    fit.still_learning,
    brakes.easier_when_examined,
)

_ORDER: dict[Severity, int] = {"problem": 0, "tip": 1, "fine": 2}


def advise(case: Case) -> tuple[Advice, ...]:
    """All there is to say about a run, most important first, and nothing that contradicts the rest."""
    said: list[Advice] = []
    for rule in RULES:
        advice = rule(case)
        if advice and not any(covers(earlier, advice) for earlier in said):
            said.append(_with_mends_that_can_be_trained(advice))
    return ordered(said)


def ordered(said: Sequence[Advice]) -> tuple[Advice, ...]:
    """Problems before tips before what is fine; within them as they came."""
    return tuple(sorted(said, key=lambda advice: _ORDER[advice.severity]))


def covers(earlier: Advice, later: Advice) -> bool:
    """Whether `later` says the same, the contrary, or is only a symptom of what was said: rules stand in that order."""
    same_mend = earlier.mend is not None and later.mend is not None and earlier.mend.run == later.mend.run
    return earlier.topic == later.topic or earlier.severity == "problem" or same_mend


def _with_mends_that_can_be_trained(advice: Advice) -> Advice:
    def usable(mend: Mend | None) -> Mend | None:
        return mend if mend and plan_of(mend.run).can_train else None

    kept = usable(advice.mend), usable(advice.live)
    if kept == (advice.mend, advice.live):
        return advice
    return Advice(advice.name, advice.severity, advice.topic, advice.title, advice.evidence, advice.why, *kept)
