"""Which fields of a run a search can vary: all numbers and choices, derived from the models themselves."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from playground import data
from playground.catalog import FAMILIES
from playground.catalog.entry import Entry
from playground.catalog.losses import LossEntry
from playground.errors import PlaygroundError
from playground.spec import RunSpec, problems
from playground.studies.plans import SearchField, Value

# What decides on which images a trial is judged, or its luck, is no setting to be tuned.
NOT_SEARCHED = (
    "version",
    "seed",
    "dataset.name",
    "dataset.validation_share",
    "dataset.folds",
    "dataset.fold",
    "dataset.one_class",
    "dataset.points",
)
QUESTIONS = ("dataset.points.",)  # another draw of points, or other ones, is another question
_GROUPS = {"network": "Network", "training": "Training", "dataset": "Data"}
_HALVES_AND_DOUBLES = {"batch_size": (16, 32, 64, 128, 256), "kernel_size": (3, 5, 7)}
_SMALL_PENALTIES = ("weight_decay", "l1", "l2")
_SMALLEST = 1e-8  # the closest that a search goes to a bound that is itself not allowed


@dataclass(frozen=True)
class FieldOption:
    """A field that can be searched.

    Attributes:
        group: "Network", "Training" or "Data".
        title: such as "Layer 2 · Neurons" or "Optimizer · Learning rate".
        value: what the run has now.
        low, high: of a number: what is allowed, both included.
        choices: of a choice: all that there are, with their titles in `choice_titles` (by `str` of the choice).
        suggested: a field to search with, a sensible range around the present value.
    """

    path: str
    group: str
    title: str
    help: str
    kind: Literal["float", "int", "choice"]
    value: Value | None
    suggested: SearchField
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    choice_titles: Mapping[str, str] = field(default_factory=dict)


def searchable_fields(run: RunSpec) -> list[FieldOption]:
    """All numbers and choices of a run that a search can vary, in the order of the spec."""
    return [
        option for option in _walk(run, run, "", "") if not option.path.startswith(QUESTIONS) and option.path not in NOT_SEARCHED
    ]


def value_at(run: RunSpec, path: str) -> Value | None:
    """The value of a field: a catalogue entry's is its kind, an optional part's whether it is there.

    Raises:
        PlaygroundError: the run has no such field.
    """
    found, annotation = _find(run, path)
    if isinstance(found, Entry):
        return str(found.kind)  # type: ignore[attr-defined]
    if _optional_model(annotation):
        return found is not None
    return found  # type: ignore[no-any-return]


def has_field(run: RunSpec, path: str) -> bool:
    try:
        _find(run, path)
    except PlaygroundError:
        return False
    return True


def with_value(run: RunSpec, path: str, value: Value) -> RunSpec:
    """The run with another value in one field, validated.

    Args:
        path: as in `searchable_fields`.
        value: a number or text; the kind of a catalogue entry, which comes with its defaults; True or False for a part
            that may be absent.

    Raises:
        PlaygroundError: the run has no such field, or the field cannot take this value.
    """
    found, annotation = _find(run, path)
    new: Any = value
    if isinstance(found, Entry):
        new = found.model_dump() if value == found.kind else {"kind": value}  # type: ignore[attr-defined]
    elif part := _optional_model(annotation):
        new = None if not value else (found or part()).model_dump()
    content = run.model_dump()
    place: Any = content
    *parents, last = path.split(".")
    for name in parents:
        place = place[int(name)] if isinstance(place, list | tuple) else place[name]
    place[last] = new
    try:
        return RunSpec.model_validate(content)
    except ValidationError as error:
        raise PlaygroundError(
            f"This value cannot be used: {problems(error, RunSpec)}", mend="Choose values within the bounds of the field."
        ) from None


def with_values(run: RunSpec, values: Mapping[str, Value | None]) -> RunSpec:
    """The run with several values, kinds before their parameters; None leaves a field as it is.

    Raises:
        PlaygroundError: as `with_value`.
    """
    for path in sorted(values, key=depth):
        value = values[path]
        if value is not None:
            run = with_value(run, path, value)
    return run


def depth(path: str) -> int:
    """How deep in the spec a field stands: what must be set first has the smaller number."""
    return path.count(".")


def field_title(run: RunSpec, path: str) -> str:
    """The title of a field in words, also of one that this run has not."""
    titles = {option.path: option.title for option in _walk(run, run, "", "")}
    return titles.get(path) or path.rsplit(".", 1)[-1].replace("_", " ").capitalize()


# --- walking ----------------------------------------------------------------------------------------------------------


def _walk(run: RunSpec, model: BaseModel, prefix: str, title: str) -> Iterator[FieldOption]:
    for name, info in type(model).model_fields.items():
        if name == "kind":
            continue
        value, path = getattr(model, name), f"{prefix}{name}"
        own = info.title or name.replace("_", " ").capitalize()
        full = f"{title} · {own}" if title else own
        if isinstance(value, tuple):
            for index, item in enumerate(item for item in value if isinstance(item, Entry)):
                place = f"Layer {index + 1}" if path == "network.layers" else item.title
                yield from _walk(run, item, f"{path}.{index}.", place)
            continue
        if not (option := _option(run, path, full, info, value)) and not isinstance(value, BaseModel):
            continue
        if option and not _is_output_size(run, path):
            yield option
        if isinstance(value, BaseModel):
            is_part = path in ("network", "dataset", "training", "training.regularisation")
            yield from _walk(run, value, f"{path}.", "" if is_part else full)


def _option(run: RunSpec, path: str, title: str, info: FieldInfo, value: Any) -> FieldOption | None:
    group, help = _GROUPS.get(path.split(".")[0], ""), info.description or ""
    if isinstance(value, Entry):
        table = next(table for table in FAMILIES.values() if type(value) in table.values())
        titles = {kind: entry.title for kind, entry in table.items() if _fits(run, entry)}
        help = help or "Each kind comes with its usual settings."
        return _choice(path, group, title, help, str(value.kind), tuple(titles), titles)  # type: ignore[attr-defined]
    if _optional_model(info.annotation):
        help = help or (_optional_model(info.annotation).__doc__ or "").strip()  # type: ignore[union-attr]
        return _choice(path, group, title, help, value is not None, (False, True), {"False": "off", "True": "on"})
    if isinstance(value, BaseModel):
        return None
    if get_origin(info.annotation) is Literal:
        choices = get_args(info.annotation)
        return _choice(path, group, title, help, value, choices, {str(choice): str(choice) for choice in choices})
    if isinstance(value, bool):
        return _choice(path, group, title, help, value, (False, True), {"False": "off", "True": "on"})
    types_allowed = _alternatives(info.annotation)
    if not {int, float} & set(types_allowed):
        return None
    return _number(run, path, group, title, help, info, value, int in types_allowed)


def _fits(run: RunSpec, entry: type[Entry]) -> bool:
    """Whether an entry of its kind can be tried: of the losses those of the run's task that read as many outputs."""
    if not issubclass(entry, LossEntry):
        return True
    source = data.source(run.dataset)
    wanted = run.training.loss.num_outputs(source.num_classes)
    return source.task in entry.tasks and entry().num_outputs(source.num_classes) == wanted


def _choice(
    path: str, group: str, title: str, help: str, value: Value, choices: tuple[Value, ...], titles: dict[str, str]
) -> FieldOption:
    suggested = SearchField(path=path, kind="choice", choices=choices)
    return FieldOption(path, group, title, help, "choice", value, suggested, choices=choices, choice_titles=titles)


def _number(
    run: RunSpec, path: str, group: str, title: str, help: str, info: FieldInfo, value: float | None, is_integer: bool
) -> FieldOption:
    low, high = _bounds(info, is_integer)
    if path == "dataset.training_size":
        high = float(data.source(run.dataset).num_train)
    kind: Literal["float", "int"] = "int" if is_integer else "float"
    name = path.rsplit(".", 1)[-1]
    if name in _HALVES_AND_DOUBLES:
        suggested = SearchField(path=path, kind="choice", choices=_HALVES_AND_DOUBLES[name])
    else:
        start, end, log = _suggested_range(name, value, low, high, is_integer)
        suggested = SearchField(path=path, kind=kind, low=start, high=end, log=log)
    return FieldOption(path, group, title, help, kind, value, suggested, low, high)


def _suggested_range(name: str, value: float | None, low: float, high: float, is_integer: bool) -> tuple[float, float, bool]:
    """Lowest, highest, and whether by factors: a sensible range around the present value, within the bounds."""
    if name == "learning_rate" and value:
        return max(low, _one_digit(value / 30)), min(high, _one_digit(value * 30)), True
    if name in _SMALL_PENALTIES:
        return max(low, 1e-6), min(high, 1e-2), True
    if value is None:
        start = max(low, float(f"{high / 16:.1g}")) if high >= 32 * low else low
        return start, high, start > 0
    if not is_integer and low >= 0 and high <= 1:
        if value > 0.95:  # such as beta 2: what matters is how far it stays below 1
            return max(low, 1 - 10 * (1 - value)), min(high, 1 - (1 - value) / 10), False
        return low, 0.95 if high < 1 and 1 - high < 1e-3 else high, False
    start, end = max(low, value / 4), min(high, value * 4)
    if is_integer:
        start, end = float(max(low, round(start))), float(min(high, round(end)))
    if start >= end:
        start, end = low, min(high, low + 1)
    return start, end, start > 0 and end >= 8 * start


def _one_digit(value: float) -> float:
    return float(f"{value:.0e}")


def _bounds(info: FieldInfo, is_integer: bool) -> tuple[float, float]:
    """What is allowed, both ends included."""
    low, high, step = 0.0, 1e9, 1.0 if is_integer else _SMALLEST
    for rule in info.metadata:
        if isinstance(rule, Ge):
            low = float(rule.ge)  # type: ignore[arg-type]
        elif isinstance(rule, Gt):
            low = float(rule.gt) + step  # type: ignore[arg-type]
        elif isinstance(rule, Le):
            high = float(rule.le)  # type: ignore[arg-type]
        elif isinstance(rule, Lt):
            high = float(rule.lt) - step  # type: ignore[arg-type]
    return low, high


def _is_output_size(run: RunSpec, path: str) -> bool:
    """Whether it is the size of the last layer, which the number of classes decides."""
    weighted = [index for index, layer in enumerate(run.network.layers) if layer.weighted]
    return bool(weighted) and path in (f"network.layers.{weighted[-1]}.{name}" for name in ("units", "filters"))


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def _optional_model(annotation: Any) -> type[BaseModel] | None:
    """The model of a part that may be absent, such as early stopping."""
    parts = _alternatives(annotation)
    if type(None) not in parts:
        return None
    return next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _find(run: RunSpec, path: str) -> tuple[Any, Any]:
    """The value at a path and its annotation."""
    place: Any = run
    annotation: Any = RunSpec
    for name in path.split("."):
        if isinstance(place, tuple) and name.isdecimal() and int(name) < len(place):
            place, annotation = place[int(name)], type(place[int(name)])
        elif isinstance(place, BaseModel) and name in type(place).model_fields and name != "kind":
            place, annotation = getattr(place, name), type(place).model_fields[name].annotation
        else:
            raise PlaygroundError(f"This run has no field {path}.", "Its layers or kinds differ.", "Choose the field again.")
    return place, annotation
