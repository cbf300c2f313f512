"""Reads a zip of runs. Every value is checked; a run with a problem is left out, and the problem told."""

from __future__ import annotations

import json
import math
import re
import secrets
import time
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import torch
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load
from sqlalchemy.exc import SQLAlchemyError
from torch import Tensor

from playground import settings
from playground.catalog.initialisations import Default
from playground.catalog.layer import Misfit
from playground.data import source
from playground.errors import PlaygroundError
from playground.network import build
from playground.spec import RunSpec, problems
from playground.store.codec import decode, encode
from playground.store.curve import MAX_POINTS
from playground.store.kept import MAX_KEPT
from playground.store.log import RunLog
from playground.store.measures import require_sound
from playground.store.safe_zip import SafeZip
from playground.store.store import MAX_NAME_CHARACTERS, MAX_NOTE_CHARACTERS, Store
from playground.store.values import Origin, RunSummary, StoredRun, StoredWeights
from playground.store.words import plain
from playground.training.checkpoint import Checkpoint, Progress
from playground.training.events import BatchesEnded, CurveKept, Event, LayersMeasured

FORMAT = "neural-network-playground runs"
VERSION = 1
_IDENTIFIER = r"^[A-Za-z0-9_-]{1,64}$"
_RUN_FILE = re.compile(r"runs/([A-Za-z0-9_-]{1,64})/run\.json")
_MAX_JSON_BYTES = 20_000_000
_PROGRESS = TypeAdapter(Progress)


@dataclass(frozen=True)
class Imported:
    """What became of an archive.

    Attributes:
        added: the ids of the runs that were taken in.
        skipped: the names of those that the visitor has already.
        problems: why others were left out, in words.
    """

    added: tuple[str, ...]
    skipped: tuple[str, ...]
    problems: tuple[str, ...]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class _Manifest(_Part):
    format: str
    version: int


class _Weights(_Part):
    file: str
    step: int = Field(ge=0, le=2**53)
    epoch: float = Field(ge=0, le=1e9, allow_inf_nan=False)


class _Origin(_Part):
    study: str | None = None
    trial: int | None = None
    baseline: str | None = None
    parent: str | None = None
    parent_step: int | None = Field(None, ge=0, le=2**53)
    forecast: str | None = Field(None, max_length=50_000)


class _Run(_Part):
    id: str = Field(pattern=_IDENTIFIER)
    name: str = Field(min_length=1, max_length=10 * MAX_NAME_CHARACTERS)
    note: str = Field("", max_length=10 * MAX_NOTE_CHARACTERS)
    starred: bool = False
    created: float = Field(ge=0, le=1e12, allow_inf_nan=False)
    repeatable: bool
    origin: _Origin
    spec: dict[str, Any]
    submitted: dict[str, Any]
    events: list[dict[str, Any]] = Field(max_length=100_000)
    checkpoints: list[_Weights] = Field(max_length=10 * MAX_KEPT)
    final: _Weights | None = None


def read_archive(store: Store, file: bytes | BinaryIO, owner: str) -> Imported:
    """Takes the runs of a zip in, as runs of `owner`. Good runs are taken, whatever is wrong with others.

    A run keeps its id, unless another run has it; one that `owner` has already is skipped.

    Raises:
        PlaygroundError: the file is no such zip, is refused, or comes from a newer version; or the database cannot be
            written to.
    """
    limit = settings.number("max_import_mb") * 1_000_000
    archive = SafeZip(file if isinstance(file, bytes) else file.read(limit + 1), limit)
    _check_manifest(archive)
    store.flush()
    added: dict[str, str] = {}  # id in the archive -> id here
    origins: dict[str, Origin] = {}
    skipped, wrong = [], []
    for name in archive.names:
        found = _RUN_FILE.fullmatch(name)
        if found is None:
            continue
        try:
            log = _run(archive, found[1], owner)
        except PlaygroundError as problem:
            wrong.append(f"{found[1]}: {problem}")
            continue
        except Exception as error:  # hostile bytes find errors that nobody thought of
            wrong.append(f"{found[1]}: it cannot be read ({type(error).__name__}).")
            continue
        if _is_here(store, log):
            skipped.append(log.row.name)
            continue
        name_there, origin = log.row.id, log.row.origin
        log.row = replace(log.row, id=secrets.token_hex(10) if store.run(name_there) else name_there, origin=Origin())
        try:
            store.put(log)
        except (SQLAlchemyError, OverflowError):
            wrong.append(f"{found[1]}: one of its numbers is too large to be stored.")
            continue
        added[name_there], origins[log.row.id] = log.row.id, origin
    for run_id, origin in origins.items():
        store.set_origin(run_id, _origin_here(store, origin, owner, added))
    return Imported(tuple(added.values()), tuple(skipped), tuple(wrong))


def _check_manifest(archive: SafeZip) -> None:
    expected = "A zip of runs was expected, as “Download all” makes it."
    try:
        manifest = _Manifest.model_validate_json(archive.read("manifest.json"))
    except (PlaygroundError, ValidationError):
        raise PlaygroundError("This zip holds no runs.", expected, "Choose another file.") from None
    if manifest.format != FORMAT:
        raise PlaygroundError("This zip holds no runs of this playground.", expected, "Choose another file.")
    if manifest.version > VERSION:
        raise PlaygroundError(
            f"This zip comes from a newer version of the playground (format {manifest.version}).",
            f"This version reads the formats up to {VERSION}.",
            "Update the playground.",
        )


def _run(archive: SafeZip, folder: str, owner: str) -> RunLog:
    """One run of the archive, checked."""
    try:
        content = _Run.model_validate(json.loads(_json_text(archive, f"runs/{folder}/run.json")))
    except ValidationError as error:
        raise PlaygroundError(problems(error)) from None
    except (ValueError, RecursionError) as error:
        raise PlaygroundError(f"run.json is no JSON ({error}).") from None
    if content.id != folder:
        raise PlaygroundError(f"Its id is {content.id}, and not the name of its folder.")
    run = RunSpec.from_json(json.dumps(content.spec))
    submitted = RunSpec.from_json(json.dumps(content.submitted))
    row = StoredRun(
        content.id,
        owner,
        plain(content.name, MAX_NAME_CHARACTERS),
        run.to_json(),
        min(content.created, time.time()),
        RunSummary(),
        Origin(**content.origin.model_dump()),
        content.repeatable,
        plain(content.note, MAX_NOTE_CHARACTERS),
        content.starred,
        submitted_json=submitted.to_json(),
    )
    log = RunLog(row)
    log.tell(_events(content.events, len(run.network.layers)), row.spec_json, row.repeatable)
    _take_weights(log, archive, content, run)
    return log


def _events(contents: list[dict[str, Any]], num_layers: int) -> list[Event]:
    events = [decode(json.dumps(content)) for content in contents]
    curves = [event for event in events if isinstance(event, CurveKept)]
    if len(curves) > 1 or any(isinstance(event, BatchesEnded) for event in events):
        raise PlaygroundError("Its events hold more than one curve.")
    for curve in curves:
        lengths = {len(curve.steps), len(curve.epochs), len(curve.losses), len(curve.accuracies)}
        if len(lengths) > 1 or max(lengths) > MAX_POINTS:
            raise PlaygroundError(f"Its curve has columns of {sorted(lengths)} points; at most {MAX_POINTS:,} are read.")
        steps = (0, *curve.steps, 2**53)
        if any(a >= b for a, b in zip(steps, steps[1:], strict=False)) or not all(map(math.isfinite, curve.epochs)):
            raise PlaygroundError("The steps or epochs of its curve are in disorder.")
    require_sound([event for event in events if isinstance(event, LayersMeasured)], num_layers)
    return events


def _take_weights(log: RunLog, archive: SafeZip, content: _Run, run: RunSpec) -> None:
    """Checkpoints and final weights; all their problems are told at once."""
    expected = _shapes(run)
    wrong: list[str] = []
    for number, item in enumerate(sorted(content.checkpoints, key=lambda item: item.step), 1):
        try:
            data = archive.read(f"runs/{content.id}/{item.file}")
            checkpoint = Checkpoint.from_bytes(data)
            progress = _PROGRESS.validate_python(checkpoint.progress)
            RunSpec.from_json(checkpoint.spec)
            if progress.step != item.step:
                raise PlaygroundError(f"it stands at step {progress.step:,}, and not at {item.step:,}.")
            _require_shapes(checkpoint.weights, expected)
            is_extra = number == len(content.checkpoints) > MAX_KEPT
            log.take_checkpoint(item.step, item.epoch, data, keep=not is_extra)
        except (PlaygroundError, ValidationError, RecursionError) as error:
            wrong.append(f"{item.file}: {problems(error) if isinstance(error, ValidationError) else error}")
    if content.final is not None:
        try:
            data = archive.read(f"runs/{content.id}/{content.final.file}")
            _require_shapes(load(data), expected)
            log.take_final(StoredWeights(content.final.step, content.final.epoch, data))
        except (PlaygroundError, SafetensorError, ValueError, KeyError) as error:
            wrong.append(f"{content.final.file}: {error}")
    if wrong:
        raise PlaygroundError("Its weights cannot be read: " + " ".join(wrong))


def _shapes(run: RunSpec) -> dict[str, tuple[int, ...]]:
    """The shapes of a run's weights, without making them."""
    layers_only = run.network.model_copy(update={"initialisation": Default()})
    try:
        with torch.device("meta"):
            network = build(layers_only, source(run.dataset).input_shape, 0)
    except Misfit as misfit:
        raise PlaygroundError(f"Its network does not fit together: {misfit}") from None
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def _require_shapes(weights: dict[str, Tensor], expected: dict[str, tuple[int, ...]]) -> None:
    found = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    wrong = [
        f"{name} is {_shape(found.get(name))}, expected {_shape(expected.get(name))}"
        for name in sorted(found.keys() | expected.keys())
        if found.get(name) != expected.get(name)
    ]
    if wrong:
        raise PlaygroundError("; ".join(wrong) + ".")


def _shape(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else "×".join(map(str, shape)) or "one number"


def _json_text(archive: SafeZip, name: str) -> bytes:
    text = archive.read(name)
    if len(text) > _MAX_JSON_BYTES:
        raise PlaygroundError(f"run.json has {len(text):,} bytes; at most {_MAX_JSON_BYTES:,} are read.")
    return text


def _is_here(store: Store, log: RunLog) -> bool:
    """Whether the owner has this very run already."""
    there = store.run(log.row.id)
    if there is None or there.owner != log.row.owner or there.spec_json != log.row.spec_json:
        return False
    kept = [encode(event) for event in store.events_of(there.id) if not isinstance(event, CurveKept)]
    curve = next((event for event in store.events_of(there.id) if isinstance(event, CurveKept)), None)
    told = log.bodies + ([log.samples] if log.samples else []) + [encode(look) for look in log.curve.measures.looks]
    return told == kept and _same(curve, log.curve.kept())


def _same(one: CurveKept | None, other: CurveKept | None) -> bool:
    """NaN is taken for equal to itself."""
    return repr(one) == repr(other)


def _origin_here(store: Store, origin: Origin, owner: str, added: dict[str, str]) -> Origin:
    """Where a run comes from, as far as that is here too; a study never is."""

    def here(run_id: str | None) -> str | None:
        if run_id is None or run_id in added:
            return added.get(run_id or "")
        there = store.run(run_id)
        return run_id if there is not None and there.owner == owner else None

    parent = here(origin.parent)
    return Origin(None, None, here(origin.baseline), parent, origin.parent_step if parent else None, origin.forecast)
