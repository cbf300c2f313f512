"""Questions to the database, and their answers as values."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from playground.store.codec import decode
from playground.store.curve import Curve
from playground.store.tables import checkpoints, curves, events, finals, runs, studies
from playground.store.values import CheckpointInfo, Origin, RunSummary, StoredRun, StoredStudy, StoredWeights
from playground.store.words import searchable
from playground.training.events import Event

_ORIGIN = [field.name for field in fields(Origin)]
_SUMMARY = [field.name for field in fields(RunSummary)]
_OWN = [field.name for field in fields(StoredRun) if field.name not in ("origin", "summary")]
_SELECTED: Select[Any] = select(*(runs.c[name] for name in (*_OWN, *_ORIGIN, *_SUMMARY)))


def run_of(row: Row[Any]) -> StoredRun:
    """A row of the table of runs, in whichever order its columns are."""
    found = row._mapping
    return StoredRun(
        **{name: found[name] for name in _OWN},
        origin=Origin(**{name: found[name] for name in _ORIGIN}),
        summary=RunSummary(**{name: found[name] for name in _SUMMARY}),
    )


def run(connection: Connection, run_id: str) -> StoredRun | None:
    row = connection.execute(_SELECTED.where(runs.c.id == run_id)).first()
    return run_of(row) if row else None


def runs_where(connection: Connection, conditions: list[ColumnElement[bool]], limit: int | None, offset: int) -> list[StoredRun]:
    """Runs for which all conditions hold, the newest first."""
    query = _SELECTED.where(*conditions).order_by(runs.c.created.desc(), runs.c.number.desc(), runs.c.id)
    own, origin = len(_OWN), len(_OWN) + len(_ORIGIN)
    answer = []
    for row in connection.execute(query.limit(limit).offset(offset or None)):
        # By position: a thousand rows are read in one go.
        values = dict(zip(_OWN, row[:own], strict=True))
        answer.append(StoredRun(**values, origin=Origin(*row[own:origin]), summary=RunSummary(*row[origin:])))
    return answer


def chosen(
    owner: str | None, search: str, starred: bool, deleted: bool, trials: bool, study: str | None
) -> list[ColumnElement[bool]]:
    """The conditions of `Store.runs`."""
    conditions: list[ColumnElement[bool]] = [runs.c.deleted.is_not(None) if deleted else runs.c.deleted.is_(None)]
    if owner is not None:
        conditions.append(runs.c.owner == owner)
    for word in searchable(search).split():
        conditions.append(runs.c.text_words.contains(word, autoescape=True) | runs.c.spec_words.contains(word, autoescape=True))
    if starred:
        conditions.append(runs.c.starred)
    if study is not None:
        conditions.append(runs.c.study == study)
    elif not trials:
        conditions.append(runs.c.study.is_(None))
    return conditions


def count_where(connection: Connection, conditions: list[ColumnElement[bool]]) -> int:
    return connection.scalar(select(func.count()).select_from(runs).where(*conditions)) or 0


def highest_number(connection: Connection, owner: str) -> int:
    return connection.scalar(select(func.max(runs.c.number)).where(runs.c.owner == owner)) or 0


def storage_bytes(connection: Connection, owner: str) -> int:
    return int(connection.scalar(select(func.sum(runs.c.stored_bytes)).where(runs.c.owner == owner)) or 0)


def events_of(connection: Connection, run_id: str) -> list[Event]:
    """Events in order, the latest reading of the sample images, what was seen under the hood, and the curve."""
    bodies = connection.scalars(select(events.c.body).where(events.c.run_id == run_id).order_by(events.c.number))
    found = [decode(body) for body in bodies]
    row = connection.execute(select(curves.c.points, curves.c.samples).where(curves.c.run_id == run_id)).first()
    if row is not None:
        if row.samples:
            found.append(decode(row.samples))
        curve = Curve.from_bytes(row.points)
        found += curve.measures.looks
        kept = curve.kept()
        if kept is not None:
            found.append(kept)
    return found


def checkpoint_infos(connection: Connection, run_id: str) -> list[CheckpointInfo]:
    columns = (checkpoints.c.number, checkpoints.c.step, checkpoints.c.epoch, checkpoints.c.size)
    query = select(*columns).where(checkpoints.c.run_id == run_id).order_by(checkpoints.c.step, checkpoints.c.number)
    return [CheckpointInfo(*row) for row in connection.execute(query)]


def checkpoint_data(connection: Connection, run_id: str, number: int) -> bytes | None:
    one = (checkpoints.c.run_id == run_id, checkpoints.c.number == number)
    return connection.scalar(select(checkpoints.c.data).where(*one))


def latest_checkpoint(connection: Connection, run_id: str) -> bytes | None:
    query = select(checkpoints.c.number).where(checkpoints.c.run_id == run_id)
    number = connection.scalar(query.order_by(checkpoints.c.step.desc(), checkpoints.c.number.desc()).limit(1))
    return None if number is None else checkpoint_data(connection, run_id, number)


def final_weights(connection: Connection, run_id: str) -> StoredWeights | None:
    row = connection.execute(select(finals.c.step, finals.c.epoch, finals.c.data).where(finals.c.run_id == run_id)).first()
    return StoredWeights(*row) if row else None


def study(connection: Connection, study_id: str) -> StoredStudy | None:
    row = connection.execute(select(*_study_columns()).where(studies.c.id == study_id)).first()
    return StoredStudy(*row) if row else None


def studies_of(connection: Connection, owner: str) -> list[StoredStudy]:
    query = select(*_study_columns()).where(studies.c.owner == owner).order_by(studies.c.created.desc(), studies.c.id)
    return [StoredStudy(*row) for row in connection.execute(query)]


def _study_columns() -> list[ColumnElement[Any]]:
    return [studies.c[field.name] for field in fields(StoredStudy)]
