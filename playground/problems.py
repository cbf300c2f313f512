"""What is wrong with a value that was read, in words: each field with its title, its value, and what is allowed there."""

from __future__ import annotations

import difflib
import json
import math
import types
from collections.abc import Sequence
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from playground.errors import PlaygroundError

MAX_LINES = 20
MAX_SHOWN_CHARACTERS = 40

Path = tuple[str | int, ...]


class WrongFields(PlaygroundError):
    """Values that cannot be used. `lines` has one sentence without its full stop for each field."""

    def __init__(self, lines: Sequence[str], expected: str = "", mend: str = "") -> None:
        super().__init__("; ".join(lines) + ".", expected, mend)
        self.lines = tuple(lines)


def problems(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """All problems in one text."""
    return "; ".join(problem_lines(error, model)) + "."


def problem_lines(error: ValidationError, model: type[BaseModel] | None = None) -> tuple[str, ...]:
    """One line a problem, such as "Epochs (training.epochs) is 0; allowed: a whole number from 1 to 1,000".

    Args:
        model: what was to be read; without it, titles and allowed values are not known.
    """
    found = error.errors(include_url=False)
    lines = [_line(problem, model) for problem in found[:MAX_LINES]]
    return (*lines, f"and {len(found) - MAX_LINES} more") if len(found) > MAX_LINES else tuple(lines)


def allowed(field: FieldInfo) -> str:
    """What a field may hold, in words; empty when there is nothing short to say.

    A field whose rule cannot be told from its type says it itself, in `json_schema_extra={"allowed": ...}`.
    """
    if isinstance(field.json_schema_extra, dict) and "allowed" in field.json_schema_extra:
        return str(field.json_schema_extra["allowed"])
    empty = " or nothing" if type(None) in get_args(field.annotation) else ""
    kind = _without_none(field.annotation)
    if get_origin(kind) is Literal:
        return _listed(get_args(kind))
    if kind is bool:
        return "true or false"
    if kind in (int, float):
        return ("a whole number" if kind is int else "a number") + _range(field) + empty
    sizes = "".join(_size(rule) for rule in field.metadata)
    if kind is str:
        return f"text{sizes} characters" if sizes else "text"
    if get_origin(kind) in (tuple, list):
        return f"a list{sizes} entries" if sizes else "a list"
    return _kinds(kind)


def _line(problem: Any, model: type[BaseModel] | None) -> str:
    """One problem of pydantic's list."""
    kind, value = problem["type"], problem.get("input")
    if model is None:
        return f"{'.'.join(map(str, problem['loc'])) or 'it'} is {_shown(value)}: {problem['msg']}"
    if kind == "json_invalid":
        return f"It is no JSON: {problem['ctx']['error']}"
    path, field, owner = _find(problem["loc"], model)
    if not path:
        return f"It holds {_shown(value)}; allowed: an object with the fields {', '.join(model.model_fields)}"
    name = f"{_title(path, field)} ({'.'.join(map(str, path))})"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), owner.model_fields, 1)
        meant = f"; perhaps {near[0]!r} was meant" if near else ""
        return f"{'.'.join(map(str, path))} is no field that is known here{meant}"
    if kind == "missing":
        return f"{name} is missing"
    if kind in ("value_error", "assertion_error"):
        return f"{name}: {str(problem['msg']).partition(', ')[2] or problem['msg']}"
    if kind.startswith("union_tag") and isinstance(value, dict):
        says = f"is {_shown(value['kind'])}" if "kind" in value else "has no kind"
    elif kind == "too_long" and isinstance(value, list | tuple):
        says = f"has {len(value):,} entries"
    else:
        says = f"is {_shown(value)}"
    rule = _rule(problem, path, field)
    newer = ": a newer playground wrote it" if path == ("version",) and isinstance(value, int) and value > 1 else ""
    return f"{name} {says}; allowed: {rule}{newer}" if rule else f"{name} {says}: {problem['msg']}"


def _rule(problem: Any, path: Path, field: FieldInfo | None) -> str:
    """What is allowed where the problem is; empty when that cannot be said shortly."""
    if problem["type"] in ("dict_type", "model_type"):
        return "an object with its fields"
    if problem["type"] == "literal_error":
        return str(problem["ctx"]["expected"]).replace("'", "")
    if field is None:
        return ""
    if problem["type"].startswith("union_tag"):
        return _kinds(field.annotation)
    return "" if isinstance(path[-1], int) else allowed(field)


def _find(location: Path, model: type[BaseModel]) -> tuple[Path, FieldInfo | None, type[BaseModel]]:
    """The path as a user writes it, the field there, and the model that holds it. Pydantic's path also has the chosen kinds."""
    path: list[str | int] = []
    field: FieldInfo | None = None
    owner, candidates = model, [model]
    for part in location:
        chosen = [each for each in candidates if len(candidates) > 1 and each.model_fields["kind"].default == part]
        if chosen:
            candidates = chosen
            continue
        path.append(part)
        if isinstance(part, int):
            continue
        owner = candidates[0] if candidates else owner
        field = owner.model_fields.get(part)
        candidates = _models(field.annotation) if field else []
    return tuple(path), field, owner


def _title(path: Path, field: FieldInfo | None) -> str:
    """The field's title, and which layer or augmentation it belongs to."""
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    where = ""
    for group, index in zip(path, path[1:], strict=False):
        if isinstance(index, int):
            where = f" {index + 1}" if group == name else f" of {str(group).removesuffix('s')} {index + 1}"
    words = (field.title if field else None) or name.replace("_", " ").capitalize()
    return (words.removesuffix("s") if where and where[1].isdigit() else words) + where


def _models(annotation: Any) -> list[type[BaseModel]]:
    """All models that a type names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _kinds(annotation: Any) -> str:
    kinds = [str(model.model_fields["kind"].default) for model in _models(annotation) if "kind" in model.model_fields]
    return _listed(kinds) if kinds else ""


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _range(field: FieldInfo) -> str:
    """The bounds in words, such as " more than 0 up to 10"."""
    low = high = ""
    inclusive = True
    for rule in field.metadata:
        if isinstance(rule, Ge):
            low = f" from {_number(rule.ge)}"
        elif isinstance(rule, Gt):
            low, inclusive = f" more than {_number(rule.gt)}", False
        elif isinstance(rule, Le):
            high = _number(rule.le)
        elif isinstance(rule, Lt):
            high = f"less than {_number(rule.lt)}"
    if not high:
        return low.replace(" from ", " of at least ")
    if not low:
        return f", {high}" if high.startswith("less") else f" of at most {high}"
    return f"{low} {'to' if inclusive else 'up to' if not high.startswith('less') else 'and'} {high}"


def _size(rule: Any) -> str:
    if isinstance(rule, MaxLen):
        return f" of at most {rule.max_length:,}"
    return f" of at least {rule.min_length:,}" if isinstance(rule, MinLen) else ""


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.12g}"


def _listed(values: Sequence[object]) -> str:
    *most, last = [str(value) for value in values]
    return f"{', '.join(most)} or {last}" if most else last


def _shown(value: Any) -> str:
    """A short value itself, or what it is."""
    if isinstance(value, dict | list | tuple):
        return "an object" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    if isinstance(value, str) and len(value) > MAX_SHOWN_CHARACTERS:
        return f"a text of {len(value):,} characters"
    if isinstance(value, str | bool):
        return json.dumps(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "no finite number"
    return str(value) if len(str(value)) <= MAX_SHOWN_CHARACTERS else "a very long number"
