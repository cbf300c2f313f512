"""Which settings to try next, and which trials to give up: Optuna, loaded when a search begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from playground.seeds import stream_seed
from playground.studies.fields import has_field
from playground.studies.plans import Search, SearchField, Value
from playground.studies.state import Trial
from playground.studies.trials import Values, grid_points, ordered_fields, try_value

if TYPE_CHECKING:
    import optuna

_DRAWS_FOR_SOMETHING_NEW = 60


class Explorer:
    """Proposes the trials of a search, learns from those that ended, and says which are hopeless.

    Args:
        known: the trials so far, of a search that goes on; those that have not ended are taken up again.
    """

    def __init__(self, plan: Search, known: Sequence[Trial] = ()) -> None:
        optuna = _optuna()
        self._plan = plan
        self._fields = ordered_fields(plan)
        self._grid = grid_points(plan) if plan.method == "grid" else None
        # A search that goes on must not draw again what it drew when it began.
        seed = stream_seed(plan.seed, "search", len(known)) % 2**32
        self._random = optuna.samplers.RandomSampler(seed=seed)
        sampler: Any = self._random
        if plan.method == "tpe":
            # The liar assumes the worst of trials that still run, so that two at once do not try the same.
            startup = max(3, min(10, plan.budget // 3))
            sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=startup, constant_liar=True)
        pruner: Any = optuna.pruners.NopPruner()
        if plan.prune:
            pruner = optuna.pruners.MedianPruner(n_startup_trials=max(2, min(5, plan.budget // 4)))
        self._study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
        self._sampler = sampler
        self._trials: dict[int, Any] = {}  # optuna.trial.Trial
        self._reported: dict[int, int] = {}
        self._proposed = {repr(dict(trial.values)) for trial in known}
        for trial in known:
            if trial.has_ended:
                self._study.add_trial(frozen(plan, trial))
            else:
                self._ask(trial.number, trial.values)

    def propose(self, number: int) -> Values | None:
        """The values of trial `number`; None when there is nothing (new) left to try."""
        if number >= self._plan.budget:
            return None
        if self._grid is not None:
            if number >= len(self._grid):
                return None
            return self._ask(number, self._grid[number])
        for draw in range(_DRAWS_FOR_SOMETHING_NEW):
            self._study.sampler = self._sampler if draw == 0 else self._random
            values = self._ask(number)
            if repr(values) not in self._proposed:
                self._proposed.add(repr(values))
                return values
            self._study.tell(self._trials.pop(number), state=_optuna().trial.TrialState.FAIL)
        return None

    def is_hopeless(self, trial: Trial) -> bool:
        """Whether a running trial is worse than the median of the finished ones was after as many epochs."""
        asked = self._trials[trial.number]
        known = self._reported.get(trial.number, 0)
        for epoch, score in zip(trial.epochs[known:], trial.curve[known:], strict=True):
            asked.report(score, epoch)
        self._reported[trial.number] = max(known, len(trial.curve))
        return bool(trial.curve) and asked.should_prune()

    def learn(self, trial: Trial) -> None:
        """Takes the result of a trial that has ended."""
        self.is_hopeless(trial)  # reports the last epochs
        asked, states = self._trials.pop(trial.number), _optuna().trial.TrialState
        if trial.score is not None:
            self._study.tell(asked, trial.score)
        else:
            self._study.tell(asked, state=states.PRUNED if trial.status == "pruned" and trial.curve else states.FAIL)

    def _ask(self, number: int, fixed: Mapping[str, Value | None] | None = None) -> Values:
        if fixed is not None:
            self._study.enqueue_trial(_parameters(self._plan, fixed))
        asked = self._trials[number] = self._study.ask()
        self._reported[number] = 0
        run, values = self._plan.run, Values()
        for field in self._fields:
            if (fixed is not None and fixed.get(field.path) is None) or not has_field(run, field.path):
                values[field.path] = None
                continue
            values[field.path] = value = _suggest(asked, field)
            run = try_value(run, field.path, value)
        return dict(fixed) if fixed is not None else values


def importance_of(plan: Search, trials: Sequence[Trial]) -> dict[str, float]:
    """How much of the spread of the scores each field explains, by functional ANOVA over a random forest (Hutter,
    Hoos and Leyton-Brown, 2014, as Optuna computes it); the shares add up to 1, the largest first.

    Empty when fewer than 4 trials finished or all are equally good. Fields that not every trial has are left out.
    """
    optuna = _optuna()
    finished = [trial for trial in trials if trial.score is not None]
    if len(finished) < 4 or len({trial.score for trial in finished}) == 1:
        return {}
    study = optuna.create_study(direction="maximize")
    study.add_trials([frozen(plan, trial) for trial in finished])
    paths = [field.path for field in plan.fields if len({trial.values.get(field.path) for trial in finished} - {None}) > 1]
    paths = [path for path in paths if all(trial.values.get(path) is not None for trial in finished)]
    if not paths:
        return {}
    if len(paths) == 1:
        return {paths[0]: 1.0}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator, params=paths)
    return {path: float(share) for path, share in sorted(found.items(), key=lambda item: -item[1])}


def frozen(plan: Search, trial: Trial) -> optuna.trial.FrozenTrial:
    """A trial that has ended, as Optuna keeps it."""
    optuna = _optuna()
    states = optuna.trial.TrialState
    pruned = trial.status == "pruned" and bool(trial.curve)
    parameters = _parameters(plan, trial.values)
    return optuna.trial.create_trial(
        state=states.COMPLETE if trial.score is not None else states.PRUNED if pruned else states.FAIL,
        value=trial.score,
        params=parameters,
        distributions={field.path: _distribution(field) for field in plan.fields if field.path in parameters},
        intermediate_values=dict(zip(trial.epochs, trial.curve, strict=True)),
    )


def _parameters(plan: Search, values: Mapping[str, Value | None]) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for field in plan.fields:
        value = values.get(field.path)
        if value is not None:
            parameters[field.path] = repr(value) if field.kind == "choice" else value
    return parameters


def _suggest(trial: optuna.trial.Trial, field: SearchField) -> Value:
    if field.kind == "choice":
        by_name = {repr(choice): choice for choice in field.choices}
        return by_name[trial.suggest_categorical(field.path, list(by_name))]
    assert field.low is not None and field.high is not None
    if field.kind == "int":
        return trial.suggest_int(field.path, int(field.low), int(field.high), log=field.log)
    return trial.suggest_float(field.path, field.low, field.high, log=field.log)


def _distribution(field: SearchField) -> optuna.distributions.BaseDistribution:
    optuna = _optuna()
    if field.kind == "choice":
        # By name, because Optuna takes True and 1 for the same choice.
        return optuna.distributions.CategoricalDistribution([repr(choice) for choice in field.choices])
    assert field.low is not None and field.high is not None
    if field.kind == "int":
        return optuna.distributions.IntDistribution(int(field.low), int(field.high), log=field.log)
    return optuna.distributions.FloatDistribution(field.low, field.high, log=field.log)


def _optuna() -> Any:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
