"""The visitor's runs as the Runs page lists them: out of the store, and what is happening just now from the service."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from playground import data
from playground.errors import PlaygroundError
from playground.jobs import RunInfo
from playground.store.values import Origin, RunSummary, StoredRun
from playground.training.history import History
from playground.ui import session

ACTIVE = ("waiting", "running", "paused")

# What a status is called, with a sign that tells it without its colour.
STATUSES: dict[str, str] = {
    "waiting": "⏳ waiting",
    "running": "▶ running",
    "paused": "⏸ paused",
    "interrupted": "⚡ interrupted",
    "finished": "✓ finished",
    "stopped": "■ stopped",
    "failed": "✕ failed",
}


@dataclass(frozen=True)
class RunRow:
    """One run in the list.

    Attributes:
        status: as in `RunInfo`, "interrupted" too.
        task: what was learned, so that what is called accuracy may be R².
        epochs: that it was to do.
        stored_bytes: what it takes up in the store; 0 for one that is not stored.
    """

    id: str
    name: str
    status: str
    created: float
    dataset: str
    epochs: int
    summary: RunSummary
    origin: Origin
    spec_json: str
    note: str = ""
    starred: bool = False
    stored_bytes: int = 0
    task: str = "classification"

    @property
    def short_name(self) -> str:
        """Without what the network looks like."""
        return self.name.partition(" · ")[0]

    @property
    def validation_accuracy(self) -> float | None:
        return self.summary.validation_accuracy


@dataclass(frozen=True)
class Choice:
    """What the list is narrowed down to.

    Attributes:
        words: must all occur in the name, the note or the settings.
        status, dataset: None for any.
        trials: whether the single runs of experiments are listed as well.
    """

    words: str = ""
    starred: bool = False
    status: str | None = None
    dataset: str | None = None
    trials: bool = False

    @property
    def narrows(self) -> bool:
        return bool(self.words.strip() or self.starred or self.status or self.dataset)


def all_rows(trials: bool) -> tuple[list[RunRow], str]:
    """All runs of the visitor, the newest first. While the store cannot be read, those in memory, and why it cannot.

    The store may lag half a second behind, and knows of runs that a server left unfinished; of both, the service knows.
    """
    owner, problem = session.visitor(), ""
    try:
        rows = [stored_row(stored) for stored in session.store().runs(owner, trials=trials)]
    except PlaygroundError as error:
        rows, problem = [], str(error)
    known = {row.id for row in rows}
    new = [_memory_row(info) for info in session.service().runs(owner, limit=1) if info.id not in known]
    return sorted(new, key=lambda row: row.created, reverse=True) + rows, problem


def stored_row(stored: StoredRun) -> RunRow:
    """A stored run; its status is what the service says of it, unless it has ended."""
    spec = json.loads(stored.spec_json)  # thirty times as quick as the whole RunSpec, and there may be a thousand
    row = RunRow(
        stored.id,
        stored.name,
        stored.status,
        stored.created,
        spec["dataset"]["name"],
        spec["training"]["epochs"],
        stored.summary,
        stored.origin,
        stored.spec_json,
        stored.note,
        stored.starred,
        stored.stored_bytes,
        task_of(spec["dataset"]["name"], spec["dataset"].get("one_class")),
    )
    return replace(row, status=_status(row)) if stored.status in ACTIVE else row


def task_of(dataset: str, one_class: int | None) -> str:
    """What is learned from a data set; of one that is not known here any more, classes."""
    if one_class is not None:
        return "binary"
    try:
        return data.source(dataset).task
    except PlaygroundError:
        return "classification"


def _status(row: RunRow) -> str:
    try:
        return session.service().info(row.id).status
    except PlaygroundError:
        return row.status


def _memory_row(info: RunInfo) -> RunRow:
    history = History()
    history.fold(session.service().events_since(info.id, 0)[0])
    return RunRow(
        info.id,
        info.label,
        info.status,
        info.created,
        info.run.dataset.name,
        info.run.training.epochs,
        summary_of(history),
        info.origin,
        info.run.to_json(),
        starred=info.starred,
        task=task_of(info.run.dataset.name, info.run.dataset.one_class),
    )


def summary_of(history: History) -> RunSummary:
    """What the list shows of a run that is in memory only."""
    last, ended = history.final_epoch, history.finished
    validated = [epoch.validation_accuracy for epoch in (*history.epochs, *([last] if last else []))]
    return RunSummary(
        history.status,
        history.step,
        history.epoch,
        history.images,
        history.seconds,
        history.started.num_parameters if history.started else None,
        last.train_loss if last else None,
        last.train_accuracy if last else None,
        last.validation_loss if last else None,
        last.validation_accuracy if last else None,
        max((score for score in validated if score is not None), default=None),
        ended.test_loss if ended else None,
        ended.test_accuracy if ended else None,
    )


def chosen_rows(rows: Iterable[RunRow], choice: Choice) -> list[RunRow]:
    """The rows that fit, in their order."""
    words = choice.words.casefold().split()
    return [
        row
        for row in rows
        if (not choice.starred or row.starred)
        and (choice.status is None or row.status == choice.status)
        and (choice.dataset is None or row.dataset == choice.dataset)
        and all(word in f"{row.name} {row.note} {row.spec_json}".casefold() for word in words)
    ]


def family(rows: Sequence[RunRow], run_id: str) -> list[RunRow]:
    """The runs that are related to one by branches and comparisons, itself among them; the oldest first."""
    by_id = {row.id: row for row in rows}
    linked: dict[str, set[str]] = {}
    for row in rows:
        parent = row.origin.parent or row.origin.baseline
        if parent in by_id:
            linked.setdefault(row.id, set()).add(parent)
            linked.setdefault(parent, set()).add(row.id)
    found, waiting = {run_id}, [run_id]
    while waiting:
        for other in linked.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return sorted((by_id[name] for name in found if name in by_id), key=lambda row: row.created)


def when(created: float, now: datetime) -> str:
    """A moment as people say it, on the clock of `now`: "today 14:05", "yesterday 9:12", "3 March", "3 March 2024"."""
    moment = datetime.fromtimestamp(created, now.tzinfo)
    clock = f"{moment.hour}:{moment.minute:02}"
    if moment.date() == now.date():
        return f"today {clock}"
    if moment.date() == (now - timedelta(days=1)).date():
        return f"yesterday {clock}"
    day = f"{moment.day} {moment:%B}"
    return day if moment.year == now.year else f"{day} {moment.year}"


def local_now(zone: tzinfo | None) -> datetime:
    return datetime.now(zone)


def megabytes(size: int) -> str:
    """12,345,678 -> "12.3 MB"; small sizes in kB."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.0f} kB"


def plain(text: str) -> str:
    """Without what markdown would take for its own: names are the visitor's."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>$:~#|" else sign for sign in text)
