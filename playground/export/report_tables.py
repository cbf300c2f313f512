"""The tables of a report: settings, layers, confusion matrix, classes. Plain HTML, everything escaped."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from playground.catalog.entry import Entry
from playground.data import source
from playground.data.points import plane_inputs
from playground.data.sources import Source
from playground.export.words import Words
from playground.figures.confusion import MISTAKES, RIGHT
from playground.figures.diagram import shape_text
from playground.insight.measures import Measures
from playground.network import trace
from playground.spec import DatasetSpec, RunSpec

# What an empty field means, where it is not "none".
EMPTY = {"training_size": "all of them"}
# Settings of few runs: where they are empty, nothing is said of them.
LEFT_OUT = ("folds", "fold", "one_class", "points", "painted", "frozen_layers")
UNTITLED = {
    "loss": "Loss",
    "optimizer": "Optimizer",
    "schedule": "Schedule",
    "augmentation": "Augmentation",
    "early_stopping": "Early stopping",
    "initialisation": "First weights",
}

JSON_LINE = 110  # characters

Row = tuple[str, str, str]
"""A setting's title, its value in words, and what it means."""


def settings_table(run: RunSpec) -> str:
    """Every setting but the layers, in groups."""
    chosen = source(run.dataset)
    groups = {
        "Data": list(_rows(run.dataset)),
        "Network": [_row("initialisation", run.network.initialisation)],
        "Training": [*_rows(run.training), *_field_rows(run, ("seed",))],
    }
    parts = []
    for title, rows in groups.items():
        parts.append(f'<tr><th colspan="3" scope="colgroup" class="group">{title}</th></tr>')
        parts += [
            f"<tr><th scope='row'>{html.escape(_said_of(chosen, name))}</th><td>{html.escape(value)}</td>"
            f"<td>{html.escape(_said_of(chosen, help_))}</td></tr>"
            for name, value, help_ in rows
        ]
    return f'<table class="settings">{"".join(parts)}</table>'


def _said_of(chosen: Source, text: str) -> str:
    """A setting's title or meaning, in the words of the data."""
    text = text.replace("examples", chosen.examples).replace("Examples", chosen.examples.capitalize())
    if chosen.is_images:
        return text
    return text.replace("the pixels", "each column").replace("images", chosen.examples).replace("image", chosen.example)


def _rows(model: BaseModel) -> Iterator[Row]:
    """All fields of a model; those of models inside it follow it."""
    yield from _field_rows(model, tuple(type(model).model_fields))


def _field_rows(model: BaseModel, names: Sequence[str]) -> Iterator[Row]:
    for name in names:
        value = getattr(model, name)
        if isinstance(value, BaseModel) and not isinstance(value, Entry):
            if name == "early_stopping":
                yield UNTITLED[name], _parameters(value) or "on", (type(value).__doc__ or "").partition("\n")[0]
            else:
                yield from _rows(value)
        elif name in UNTITLED:
            yield _row(name, value)
        elif name in LEFT_OUT and value in (None, ()):
            continue
        elif isinstance(model, DatasetSpec) and name == "one_class":
            yield _titled(model, name, source(model).class_names[1])
        else:
            yield _titled(model, name, _value(name, value))


def _titled(model: BaseModel, name: str, value: str) -> Row:
    field = type(model).model_fields[name]
    return field.title or name, value, field.description or ""


def _row(name: str, value: object) -> Row:
    """A setting that is a catalogue entry, several, or none."""
    entries = [value] if isinstance(value, Entry) else list(value) if isinstance(value, tuple) else []
    words = "; ".join(f"{entry.title} ({_parameters(entry)})" if _parameters(entry) else entry.title for entry in entries)
    return UNTITLED[name], words or "none", " ".join(entry.help for entry in entries)


def _parameters(model: BaseModel) -> str:
    fields = type(model).model_fields
    return ", ".join(f"{fields[name].title or name}: {_value(name, getattr(model, name))}" for name in fields if name != "kind")


def _value(name: str, value: object) -> str:
    if value is None:
        return EMPTY.get(name, "none")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Entry):
        return f"{value.title} ({_parameters(value)})" if _parameters(value) else value.title
    if isinstance(value, float):
        return f"{value:.6g}"
    if name == "name":
        return source(str(value)).title
    if isinstance(value, tuple):
        return _several(name, value)
    return f"{value:,}" if isinstance(value, int) and name != "seed" else str(value)


def _several(name: str, values: tuple[Any, ...]) -> str:
    if name == "inputs":
        return ", ".join(known.symbol for known in plane_inputs(values)) or "none"
    if name == "painted":
        return f"{len(values):,}"
    return ", ".join(str(place + 1) for place in values)


def layers_table(run: RunSpec) -> str:
    """Each layer with its parameters, what leaves it, and what it costs."""
    chosen = source(run.dataset)
    shape = chosen.input_shape
    reports = trace(run.network, shape)
    rows = [f"<tr><td></td><td>{chosen.example.capitalize()}</td><td></td><td>{shape_text(shape)}</td><td>0</td><td>0</td></tr>"]
    for report in reports:
        rows.append(
            f"<tr><td>{report.index + 1}</td><td>{html.escape(report.layer.label())}</td>"
            f"<td>{html.escape(_parameters(report.layer))}</td><td>{shape_text(report.output_shape)}</td>"
            f"<td>{report.num_parameters:,}</td><td>{report.multiply_adds:,}</td></tr>"
        )
    total = f"{sum(report.num_parameters for report in reports):,}</td><td>{sum(report.multiply_adds for report in reports):,}"
    head = "<tr><th></th><th>Layer</th><th>Settings</th><th>What leaves it</th><th>Parameters</th><th>Multiply-adds</th></tr>"
    foot = f"<tr><td></td><td>All</td><td></td><td></td><td>{total}</td></tr>"
    return f'<table class="layers"><thead>{head}</thead><tbody>{"".join(rows)}</tbody><tfoot>{foot}</tfoot></table>'


def confusion_table(measures: Measures, names: Sequence[str], words: Words) -> str:
    """How often each class (row) was taken for each class (column); the darker a mistake, the more frequent."""
    counts = measures.confusion
    mistakes = counts - np.diag(np.diag(counts))
    most = int(mistakes.max(initial=0)) or 1
    short = [html.escape(name) for name in names]
    upright = "" if max(map(len, names)) <= 3 else ' class="turned"'
    head = "".join(f"<th scope='col'{upright}><span>{name}</span></th>" for name in short)
    rows = []
    for true, name in enumerate(short):
        cells = []
        for predicted in range(len(short)):
            count = int(counts[true, predicted])
            if true == predicted:
                style, told = f"background:{RIGHT['light']}", f"{count}"
            elif count:
                share = count / most
                style, told = f"background:{mixed(share)};color:{'#fff' if share > 0.6 else '#000'}", f"{count}"
            else:
                style, told = "", ""
            cells.append(f'<td style="{style}">{told}</td>')
        rows.append(f"<tr><th scope='row'>{name}</th>{''.join(cells)}</tr>")
    size = " small" if len(names) > 12 else ""
    corner = f"<th class='corner'>really ↓ &nbsp; {'read as' if words.told == 'read' else 'said'} →</th>"
    return f'<table class="confusion{size}"><thead><tr>{corner}{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def mixed(share: float) -> str:
    """The colour of a mistake's cell; `share` is from 0 to 1, of the most frequent mistake."""
    stops = np.array([[int(colour[place : place + 2], 16) for place in (1, 3, 5)] for colour in MISTAKES["light"]])
    where = np.linspace(0, 1, len(stops))
    channels = [round(float(np.interp(share, where, stops[:, channel]))) for channel in range(3)]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def classes_table(measures: Measures, names: Sequence[str], words: Words) -> str:
    """How good the network is at each class."""
    rows = []
    for index, name in enumerate(names):
        right = 100 * float(measures.class_accuracy[index])
        mistakes = measures.confusion[index].copy()
        mistakes[index] = 0
        rival = int(mistakes.argmax())
        times = "once" if mistakes[rival] == 1 else f"{int(mistakes[rival]):,} times"
        said = f"{html.escape(names[rival])} ({times})" if mistakes.any() else "–"
        rows.append(
            f"<tr><td>{html.escape(name)}</td><td>{int(measures.support[index]):,}</td>"
            f'<td class="bar"><span><i style="width:{right:.1f}%"></i></span><b>{right:.1f} %</b></td>'
            f"<td>{100 * float(measures.precision[index]):.1f} %</td><td>{said}</td></tr>"
        )
    titles = (
        "Class",
        words.examples.capitalize(),
        f"{words.told.capitalize()} right",
        "Right when named",
        "Most often taken for",
    )
    head = f"<tr>{''.join(f'<th>{title}</th>' for title in titles)}</tr>"
    return f'<table class="classes"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def spec_text(run: RunSpec) -> str:
    """The settings as JSON, short enough to print: what fits into a line stands in one."""
    return _short_json(json.loads(run.to_json()))


def _short_json(value: object, indent: str = "", before: int = 0) -> str:
    line = json.dumps(value)
    if len(indent) + before + len(line) <= JSON_LINE or not isinstance(value, dict | list):
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        lines = [f"{deeper}{json.dumps(key)}: {_short_json(inner, deeper, len(key) + 4)}" for key, inner in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return "[\n" + ",\n".join(f"{deeper}{_short_json(inner, deeper)}" for inner in value) + f"\n{indent}]"
