"""From a plan to its trials: which values there are to try, and the run of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from random import Random

from playground.errors import PlaygroundError
from playground.spec import DatasetSpec, RunSpec
from playground.studies.fields import has_field, with_value, with_values
from playground.studies.plans import CrossValidation, Search, SearchField, SeedComparison, Value

Values = dict[str, Value | None]
_LARGEST_GRID_WRITTEN_OUT = 5_000


def run_of_values(plan: SeedComparison | Search | CrossValidation, values: Mapping[str, Value | None]) -> RunSpec:
    """The run of the trial with these values.

    Raises:
        PlaygroundError: the values do not fit together.
    """
    if isinstance(plan, SeedComparison):
        run = plan.first if values["which"] == "A" else plan.second
        return run.model_copy(update={"seed": values["seed"]})
    if isinstance(plan, CrossValidation):
        # The share is that of one fold, so that whatever counts the images of a run counts right.
        content = plan.run.dataset.model_dump() | {
            "folds": plan.folds,
            "fold": values["fold"],
            "validation_share": 1 / plan.folds,
        }
        return plan.run.model_copy(update={"dataset": DatasetSpec.model_validate(content)})
    return with_values(plan.run, values)


def fixed_values(plan: SeedComparison | CrossValidation) -> list[Values]:
    """All trials of a plan that knows them from the start. A and B take turns, so that an early look is a fair one."""
    if isinstance(plan, CrossValidation):
        return [{"fold": fold} for fold in range(plan.folds)]
    return [{"which": which, "seed": seed} for seed in plan.seeds for which in ("A", "B")]


def num_planned(plan: SeedComparison | Search | CrossValidation) -> int:
    """How many trials there will be at most."""
    if isinstance(plan, Search):
        return min(plan.budget, grid_size(plan)) if plan.method == "grid" else plan.budget
    return len(fixed_values(plan))


def grid_size(plan: Search) -> int:
    """How many points the whole grid has."""
    points = _few_points(plan)
    return math.prod(len(field.grid_values()) for field in plan.fields) if points is None else len(points)


def grid_points(plan: Search) -> list[Values]:
    """The points of a grid, each once: all of them when the budget covers them, else as many, drawn evenly by chance."""
    points = _few_points(plan)
    draws = Random(plan.seed)
    if points is not None:
        if len(points) <= plan.budget:
            return points
        return [points[index] for index in sorted(draws.sample(range(len(points)), plan.budget))]
    fields = ordered_fields(plan)
    total = math.prod(len(field.grid_values()) for field in fields)
    chosen: dict[str, Values] = {}
    while len(chosen) < plan.budget:  # there are thousands of points, and the budget is small: this soon ends
        values = _fitting(plan, fields, _point(fields, draws.randrange(total)))
        chosen[repr(values)] = values
    return list(chosen.values())


def ordered_fields(plan: Search) -> list[SearchField]:
    """The fields in the plan's order, but kinds before what depends on them."""
    return sorted(plan.fields, key=lambda field: sum(depends_on(field.path, other.path) for other in plan.fields))


def _few_points(plan: Search) -> list[Values] | None:
    """All points of a grid that is small enough to be written out."""
    fields = ordered_fields(plan)
    if math.prod(len(field.grid_values()) for field in fields) > _LARGEST_GRID_WRITTEN_OUT:
        return None
    points: dict[str, Values] = {}
    for combination in product(*(field.grid_values() for field in fields)):
        values = _fitting(plan, fields, combination)
        points.setdefault(repr(values), values)
    return list(points.values())


def _point(fields: list[SearchField], index: int) -> tuple[Value, ...]:
    """The grid's point number `index`, the last field changing fastest."""
    values: list[Value] = []
    for field in reversed(fields):
        index, rest = divmod(index, len(field.grid_values()))
        values.append(field.grid_values()[rest])
    return tuple(reversed(values))


def _fitting(plan: Search, fields: list[SearchField], combination: tuple[Value, ...]) -> Values:
    """The values, with None for fields that the run does not have once its kinds are chosen (Adam has no Nesterov)."""
    kinds = [field for field in fields if any(depends_on(other.path, field.path) for other in fields)]
    if not kinds:
        return {field.path: value for field, value in zip(fields, combination, strict=True)}
    run, values = plan.run, Values()
    for field, value in zip(fields, combination, strict=True):
        if not has_field(run, field.path):
            values[field.path] = None
            continue
        values[field.path] = value
        if field in kinds:
            run = try_value(run, field.path, value)
    return values


def depends_on(path: str, other: str) -> bool:
    return path.startswith(f"{other}.")


def try_value(run: RunSpec, path: str, value: Value) -> RunSpec:
    """The run with the value; as it is when the field cannot take it, which the trial's own check tells later."""
    try:
        return with_value(run, path, value)
    except PlaygroundError:
        return run
