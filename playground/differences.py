"""What differs between two experiments, in words: "learning rate 0.1 → 0.01", "layer 3: Dropout 0.25 added".

All names come from the models' own fields and titles, so a new field or catalogue entry is compared without a line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from playground.catalog.entry import Entry
from playground.spec import RunSpec

# What an empty field means, where it does not mean "off".
_EMPTY = {"training_size": "all"}
# Everybody says "the learning rate", nobody "the optimizer's learning rate".
_KNOWN_BY_THEIR_OWN_NAMES = ("optimizer",)

# Costs of an alignment. To exchange two entries of one kind is better than to take one away and put one in; so, just
# about, is to exchange two of different kinds.
_ONE_MORE_OR_LESS, _OTHER_KIND, _OTHER_VALUES, _OTHER_VALUE = 1.0, 1.5, 0.8, 0.01


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    Attributes:
        subject: what it is, such as "learning rate" or "layer 2".
        change: "0.1 → 0.01" or "Dropout 0.3 added".
        inside: whether `change` tells of a part of the subject, so that a colon stands between the two.
    """

    subject: str
    change: str
    inside: bool = False

    def __str__(self) -> str:
        return f"{self.subject}{':' if self.inside or self.subject[-1].isdigit() else ''} {self.change}"

    def alone(self) -> str:
        """The sentence for the only thing that differs."""
        is_name = any(character.isdigit() for character in self.subject)
        is_plural = self.subject.endswith("s") and not self.subject.endswith("ss") and not self.inside
        return f"Only {'' if is_name else 'the '}{self.subject} {'differ' if is_plural else 'differs'}: {self.change}."


def differences(before: RunSpec, after: RunSpec) -> tuple[str, ...]:
    """Each thing that differs as one short phrase, in the order of the spec; empty when the two are equal.

    Layers and augmentations are counted from 1: those that were added, or changed, by their place in `after`, those that
    were removed by their place in `before`.
    """
    return tuple(str(difference) for difference in _of_models(before, after))


def in_words(before: RunSpec, after: RunSpec, limit: int | None = None) -> str:
    """All that differs in one sentence; with a `limit`, at most so many things are named and the others counted."""
    found = tuple(_of_models(before, after))
    if not found:
        return "The two are the same."
    if len(found) == 1:
        return found[0].alone()
    named = [str(difference) for difference in found[:limit]]
    if len(named) < len(found):
        named.append(f"and {len(found) - len(named)} more")
    return f"{len(found)} things differ: {'; '.join(named)}."


def _of_models(before: BaseModel, after: BaseModel, subject: str = "", part: str = "") -> Iterator[Difference]:
    """The differences of two values of one class.

    Args:
        subject: what the two are, where their fields' titles do not tell it.
        part: whose fields these are within the subject.
    """
    for name, field in type(before).model_fields.items():
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if name == "points" and None in (old, new) and before.name != after.name:  # type: ignore[attr-defined]
            continue  # the data set's name has told that there are points, or none
        title = _lower(field.title or name.replace("_", " "))
        if isinstance(old, tuple) and all(isinstance(each, Entry) for each in (*old, *new)):
            yield from _of_sequences(old, new, title.removesuffix("s"))
        elif isinstance(old, BaseModel) and type(old) is type(new):
            if subject:
                yield from _of_models(old, new, subject, f"{_title(old)}'s ")
            elif isinstance(old, Entry) and name not in _KNOWN_BY_THEIR_OWN_NAMES:
                yield from _of_models(old, new, f"{title} ({_title(old)})")
            else:
                yield from _of_models(old, new, title if field.default is None else "")
        else:
            words = _value(name, old), _value(name, new)
            if words[0] == words[1]:  # in the digits that are usually shown
                words = repr(old), repr(new)
            change = " → ".join(words)
            if subject:
                colon = ":" if title[-1].isdigit() else ""
                yield Difference(subject, f"{part}{title}{colon} {change}", inside=True)
            else:
                yield Difference(title, change)


def _of_sequences(before: Sequence[Entry], after: Sequence[Entry], title: str) -> Iterator[Difference]:
    for i, j in _alignment(before, after):
        subject = f"{title} {(i if j is None else j) + 1}"
        if i is None:
            yield Difference(subject, f"{_entry(after[j])} added")
        elif j is None:
            yield Difference(subject, f"{_entry(before[i])} removed")
        elif type(before[i]) is type(after[j]):
            yield from _of_models(before[i], after[j], f"{subject} ({_title(after[j])})")
        else:
            yield Difference(subject, f"{_entry(before[i])} → {_entry(after[j])}")


def _alignment(before: Sequence[Entry], after: Sequence[Entry]) -> Iterator[tuple[Any, Any]]:
    """Pairs of places that belong together, in order; None stands for "nowhere".

    The cheapest way from one sequence to the other by adding, removing and exchanging (Wagner and Fischer, 1974).
    """
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    # costs[i][j]: from what is left of `old` after i entries to what is left of `new` after j.
    costs = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old), -1, -1):
        for j in range(len(new), -1, -1):
            ways = []
            if i < len(old) and j < len(new):
                ways.append(costs[i + 1][j + 1] + _cost(old[i], new[j]))
            if i < len(old):
                ways.append(costs[i + 1][j] + _ONE_MORE_OR_LESS)
            if j < len(new):
                ways.append(costs[i][j + 1] + _ONE_MORE_OR_LESS)
            costs[i][j] = min(ways, default=0.0)
    i = j = 0
    while i < len(old) or j < len(new):
        here = costs[i][j]
        if i < len(old) and j < len(new) and here == costs[i + 1][j + 1] + _cost(old[i], new[j]):
            yield start + i, start + j
            i, j = i + 1, j + 1
        elif i < len(old) and here == costs[i + 1][j] + _ONE_MORE_OR_LESS:
            yield start + i, None
            i += 1
        else:
            yield None, start + j
            j += 1


def _cost(old: Entry, new: Entry) -> float:
    if type(old) is not type(new):
        return _OTHER_KIND
    changed = sum(getattr(old, name) != getattr(new, name) for name in type(old).model_fields)
    return _OTHER_VALUES + _OTHER_VALUE * changed if changed else 0.0


def _value(name: str, value: Any) -> str:
    """A field's value as one would say it."""
    if value is None:
        return _EMPTY.get(name, "off")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Entry):
        return _entry(value)
    if isinstance(value, tuple):
        return _values(value)
    if isinstance(value, BaseModel):
        return _parameters(value, shown=True)
    return str(value)


def _values(values: tuple[Any, ...]) -> str:
    """Names as they are, places (of layers) counted from 1; of longer things only how many."""
    if any(isinstance(value, tuple) for value in values):
        return str(len(values))
    return ", ".join(str(value + 1) if isinstance(value, int) else str(value) for value in values) or "none"


def _entry(entry: Entry) -> str:
    """An entry's label, or its title with the parameters that are not as they come: "SGD (learning rate 0.05)"."""
    if type(entry).label is not Entry.label:
        return entry.label()
    names = [name for name in type(entry).model_fields if name != "kind"]
    titles = [str(type(entry).model_fields[name].title) for name in names]
    if len(names) == 1 and titles[0].startswith(entry.title):
        return f"{entry.title} {_value(names[0], getattr(entry, names[0]))}"  # the parameter is what it is all about
    parameters = _parameters(entry)
    return f"{entry.title} ({parameters})" if parameters else entry.title


def _parameters(model: BaseModel, shown: bool = False) -> str:
    """Fields with their values; those that are as they come only when they are to be `shown`."""
    return ", ".join(
        f"{_lower(field.title or name)} {_value(name, getattr(model, name))}"
        for name, field in type(model).model_fields.items()
        if name != "kind" and (shown or getattr(model, name) != field.default)
    )


def _title(model: BaseModel) -> str:
    return model.title if isinstance(model, Entry) else type(model).__name__


def _lower(title: str) -> str:
    """Without the capital that begins a title, unless it is part of a name such as "L2"."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title
