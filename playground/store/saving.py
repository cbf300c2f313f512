"""A run's log into the database, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from playground.store.curve import Curve
from playground.store.kept import Kept, KeptCheckpoints
from playground.store.log import RunLog
from playground.store.reading import run_of
from playground.store.tables import checkpoints, curves, events, finals, runs, studies
from playground.store.values import StoredRun, StoredStudy
from playground.store.words import spec_words, text_words

# Made once: SQLAlchemy takes longer to put a statement together than SQLite to carry it out.
_UPDATE_RUN = update(runs).where(runs.c.id == bindparam("of"))
_INSERT_EVENT = insert(events)
_UPDATE_CURVE = update(curves).where(curves.c.run_id == bindparam("of"))
_INSERT_CURVE = insert(curves)
_INSERT_CHECKPOINT = insert(checkpoints)
_DELETE_CHECKPOINT = delete(checkpoints).where(
    checkpoints.c.run_id == bindparam("of"), checkpoints.c.number == bindparam("dropped")
)


def load_log(connection: Connection, run_id: str) -> RunLog | None:
    """The log of a run that stands in the database; None when there is none."""
    row = connection.execute(select(runs).where(runs.c.id == run_id)).first()
    if row is None:
        return None
    bodies = connection.scalars(select(events.c.body).where(events.c.run_id == run_id).order_by(events.c.number))
    curve = connection.execute(select(curves.c.points, curves.c.samples).where(curves.c.run_id == run_id)).first()
    columns = (checkpoints.c.number, checkpoints.c.step, checkpoints.c.epoch, checkpoints.c.ordinal, checkpoints.c.size)
    kept = connection.execute(select(*columns).where(checkpoints.c.run_id == run_id).order_by(checkpoints.c.number))
    final_bytes = connection.scalar(select(finals.c.size).where(finals.c.run_id == run_id)) or 0
    return RunLog.stored(
        run_of(row),
        list(bodies),
        Curve.from_bytes(curve.points) if curve else Curve(),
        curve.samples if curve else "",
        KeptCheckpoints.stored([Kept(*found) for found in kept]),
        final_bytes,
    )


def save_log(connection: Connection, log: RunLog, *, again: bool = False, with_checkpoints: bool = True) -> bool:
    """Writes what has changed in a run.

    Args:
        with_checkpoints: False lets new checkpoints wait; those that were dropped are deleted in any case.
        again: an earlier attempt failed, and perhaps only its answer was lost: what it wrote is taken out first.

    Returns:
        False when the run is not there any more, because somebody deleted it; then nothing is written.
    """
    run_id = log.row.id
    one = {"of": run_id}
    if log.is_new:
        if again:
            connection.execute(delete(runs).where(runs.c.id == run_id))
        connection.execute(insert(runs), _whole_row(log))
    elif connection.execute(_UPDATE_RUN, one | _course(log)).rowcount == 0:
        return False
    if again:
        _take_out(connection, log)
    fresh = [
        {"run_id": run_id, "number": number, "body": body}
        for number, body in enumerate(log.bodies[log.events_stored :], log.events_stored)
    ]
    if fresh:
        connection.execute(_INSERT_EVENT, fresh)
    if log.curve_changed:
        values = {"points": log.curve.to_bytes(small=log.has_ended), "samples": log.samples}
        if connection.execute(_UPDATE_CURVE, one | values).rowcount == 0:
            connection.execute(_INSERT_CURVE, {"run_id": run_id, **values})
    for number in log.checkpoints.dropped:
        connection.execute(_DELETE_CHECKPOINT, one | {"dropped": number})
    for item in log.checkpoints.waiting if with_checkpoints else ():
        connection.execute(_INSERT_CHECKPOINT, {"run_id": run_id, **_columns(item)})
    if log.final is not None:
        connection.execute(delete(finals).where(finals.c.run_id == run_id))
        connection.execute(insert(finals), {"run_id": run_id, **asdict(log.final), "size": len(log.final.data)})
    return True


def save_study(connection: Connection, study: StoredStudy) -> None:
    """Writes a study, new or changed."""
    values = asdict(study)
    name = values.pop("id")
    if connection.execute(update(studies).where(studies.c.id == name).values(values)).rowcount == 0:
        connection.execute(insert(studies).values(id=name, **values))


def exists(connection: Connection, run_id: str) -> bool:
    return connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is not None


def _columns(item: Kept) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("number", "step", "epoch", "ordinal", "size", "data")}


def _course(log: RunLog) -> dict[str, Any]:
    """The columns that change while a run goes on; the others are the user's."""
    return {
        "spec_json": log.spec_json,
        "spec_words": spec_words(log.spec_json),
        "repeatable": log.repeatable,
        "stored_bytes": log.stored_bytes,
        **vars(log.summary),
    }


def _whole_row(log: RunLog) -> dict[str, Any]:
    row: StoredRun = log.row
    names = ("id", "owner", "number", "name", "note", "starred", "created", "deleted", "submitted_json")
    own = {name: getattr(row, name) for name in names}
    return {**own, "text_words": text_words(row.name, row.note), **vars(row.origin), **_course(log)}


def _take_out(connection: Connection, log: RunLog) -> None:
    run_id = log.row.id
    connection.execute(delete(events).where(events.c.run_id == run_id, events.c.number >= log.events_stored))
    stored = [item.number for item in log.checkpoints.items if item.data is None]
    connection.execute(delete(checkpoints).where(checkpoints.c.run_id == run_id, checkpoints.c.number.not_in(stored)))
