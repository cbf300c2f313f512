"""What a study found. Only validation figures are looked at: the test set is the final exam of the run that is chosen."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, replace

from playground.spec import RunSpec
from playground.studies.plans import Search, SeedComparison
from playground.studies.state import StudyState, Trial
from playground.studies.statistics import Verdict, paired_difference
from playground.studies.trials import run_of_values


@dataclass(frozen=True)
class FoldSummary:
    """Scores of the folds that are done, as they are stored.

    Attributes:
        spread: standard deviation over the folds, divided by n - 1; None with one fold.
    """

    mean: float
    spread: float | None
    lowest: float
    highest: float
    n: int
    words: str


def run_of(state: StudyState, trial: Trial) -> RunSpec:
    """The run of a trial: what "use this one" takes over.

    Raises:
        PlaygroundError: its settings do not fit together.
    """
    return run_of_values(state.plan, trial.values)


def best_trial(state: StudyState) -> Trial | None:
    """The finished trial with the highest score, the earliest of equals."""
    return max(
        (trial for trial in state.trials if trial.score is not None),
        key=lambda trial: -math.inf if trial.score is None else trial.score,
        default=None,
    )


def best_so_far(state: StudyState) -> list[tuple[int, float]]:
    """Number and best score up to each finished trial, in the order of their numbers."""
    series: list[tuple[int, float]] = []
    for trial in state.trials:
        if trial.score is not None:
            series.append((trial.number, max(trial.score, series[-1][1] if series else -math.inf)))
    return series


def importance(state: StudyState) -> dict[str, float]:
    """Path -> share of the spread of the scores that the field explains; see `search.importance_of`."""
    from playground.studies.search import importance_of

    return importance_of(state.plan, state.trials) if isinstance(state.plan, Search) else {}


def pairs(state: StudyState) -> list[tuple[int, float, float]]:
    """Seed, score of A and score of B, of the seeds for which both have finished."""
    assert isinstance(state.plan, SeedComparison)
    scores = {(trial.values["which"], trial.values["seed"]): trial.score for trial in state.trials}
    found = ((seed, scores.get(("A", seed)), scores.get(("B", seed))) for seed in state.plan.seeds)
    return [(seed, a, b) for seed, a, b in found if a is not None and b is not None]


def comparison(state: StudyState) -> Verdict | None:
    """A against B over the seeds for which both have finished; None when there are none yet."""
    assert isinstance(state.plan, SeedComparison)
    both = pairs(state)
    if not both:
        return None
    verdict = paired_difference([a for _, a, _ in both], [b for _, _, b in both], state.score)
    left_out = {trial.values["seed"] for trial in state.trials if trial.has_ended and trial.score is None}
    if not left_out:
        return verdict
    seeds = "One seed is" if len(left_out) == 1 else f"{len(left_out)} seeds are"
    return replace(verdict, words=f"{verdict.words} {seeds} left out, because a run did not finish.")


def fold_summary(state: StudyState) -> FoldSummary | None:
    """Mean and spread over the folds that have finished; None when there are none yet."""
    scores = [trial.score for trial in state.trials if trial.score is not None]
    if not scores:
        return None
    mean = statistics.fmean(scores)
    spread = statistics.stdev(scores) if len(scores) > 1 else None
    folds = "1 fold" if len(scores) == 1 else f"{len(scores)} folds"
    scale = state.score
    words = f"Mean {scale.text(mean)} over {folds}".replace("-", "−")
    if spread is not None:
        low, high = (f"{scale.factor * score:.{scale.digits - (scale.factor != 1)}f}" for score in (min(scores), max(scores)))
        size = f"{scale.factor * spread:.{scale.digits - (scale.factor != 1)}f}{scale.points}"
        words += f", spread {size}, from {low} to {high}{scale.unit}".replace("-", "−")
    return FoldSummary(mean, spread, min(scores), max(scores), len(scores), f"{words}.")
