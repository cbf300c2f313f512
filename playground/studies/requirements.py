"""Is a plan fit to be started? Everything that can be known before is refused here, in words."""

from __future__ import annotations

from playground import data, settings
from playground.checks import check
from playground.errors import PlaygroundError
from playground.spec import RunSpec
from playground.studies.fields import NOT_SEARCHED, QUESTIONS, has_field, with_value
from playground.studies.plans import CrossValidation, Search, SearchField, SeedComparison
from playground.studies.trials import depends_on, num_planned, run_of_values, try_value


def require_startable(plan: SeedComparison | Search | CrossValidation) -> None:
    """Refuses a plan that cannot give an answer.

    Raises:
        PlaygroundError: too many trials; a run that cannot be trained or keeps nothing for validation; a field that
            the run does not have, or a value that the field cannot take.
    """
    planned, limit = plan.budget if isinstance(plan, Search) else num_planned(plan), settings.number("max_trials")
    if planned > limit:
        raise PlaygroundError(
            f"This experiment would train {planned:,} networks.",
            f"This server allows {limit:,} in one experiment.",
            f"Plan fewer, or raise {_variable('max_trials')}.",
        )
    if isinstance(plan, SeedComparison):
        for name, run in (("A", plan.first), ("B", plan.second)):
            _require_trainable(run, name)
            _require_validation(run, name)
        if plan.first.model_copy(update={"seed": 0}) == plan.second.model_copy(update={"seed": 0}):
            raise PlaygroundError("A and B are the same.", "Something must differ between them.", "Change one thing in B.")
    elif isinstance(plan, CrossValidation):
        _require_trainable(run_of_values(plan, {"fold": 0}))
    else:
        _require_trainable(plan.run)
        _require_validation(plan.run)
        for field in plan.fields:
            _require_searchable(plan, field)


def _require_trainable(run: RunSpec, name: str = "") -> None:
    if errors := check(run).errors:
        reasons = " ".join(finding.message for finding in errors)
        raise PlaygroundError(f"{name}: {reasons}" if name else reasons, mend="Mend what is named, then start.")


def _require_validation(run: RunSpec, name: str = "") -> None:
    dataset = run.dataset
    if dataset.folds is None and round(data.source(dataset).num_train * dataset.validation_share) == 0:
        raise PlaygroundError(
            f"{name or 'This run'} keeps nothing for validation.",
            "An experiment judges its networks by what they did not learn from; the test set is kept for the end.",
            "Set the validation share to 0.1 on the Data page.",
        )


def _require_searchable(plan: Search, field: SearchField) -> None:
    """The field is there, at least for some of the kinds that are tried, and can take all values asked for."""
    if field.path in NOT_SEARCHED or field.path.startswith(QUESTIONS):
        raise PlaygroundError(
            f"{field.path} cannot be searched.",
            "It decides by luck, or by which examples a network is judged: the best value would mean nothing.",
            "Choose another field.",
        )
    runs = [plan.run]
    for other in sorted(plan.fields, key=lambda other: other.path):
        if depends_on(field.path, other.path) and other.kind == "choice":
            runs += [try_value(run, other.path, choice) for run in list(runs) for choice in other.choices]
    run = next((run for run in runs if has_field(run, field.path)), plan.run)
    values = field.choices if field.kind == "choice" else (field.low, field.high)
    for value in values:
        assert value is not None
        number = int(value) if field.kind == "int" and not isinstance(value, str) else value
        with_value(run, field.path, number)


def _variable(name: str) -> str:
    return next(setting.variable for setting in settings.SETTINGS if setting.name == name)
