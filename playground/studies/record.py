"""A study as it is stored: its plan and its trials as JSON, so that it is whole without its runs."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from functools import lru_cache
from typing import Any

from playground.errors import PlaygroundError
from playground.store.values import StoredStudy
from playground.studies.plans import CrossValidation, Search, SeedComparison, plan_from_json
from playground.studies.state import StudyState, Trial

_VERSION = 1


def to_stored(state: StudyState) -> StoredStudy:
    content = {
        "version": _VERSION,
        "plan": json.loads(state.plan.model_dump_json()),
        "planned": state.planned,
        "trials": [{**asdict(trial), "values": dict(trial.values)} for trial in state.trials],
    }
    text = json.dumps(content, separators=(",", ":"))
    return StoredStudy(state.id, state.owner, state.kind, text, state.status, state.created, state.name, state.message)


def from_stored(stored: StoredStudy) -> StudyState:
    """A study that this server does not work on; one that was under way is interrupted.

    Raises:
        PlaygroundError: what is stored cannot be read.
    """
    plan, planned, trials = _parsed(stored.plan_json)
    status = stored.status
    if status in ("running", "interrupted"):
        status = "interrupted"
        trials = tuple(trial if trial.has_ended or not trial.run_id else replace(trial, status="interrupted") for trial in trials)
    return StudyState(
        stored.id, stored.owner, stored.kind, plan, status, stored.created, trials, planned, stored.message, stored.name
    )


@lru_cache(maxsize=128)  # a page asks again and again for studies that have ended
def _parsed(text: str) -> tuple[SeedComparison | Search | CrossValidation, int, tuple[Trial, ...]]:
    try:
        content = json.loads(text)
        if content["version"] != _VERSION:
            raise PlaygroundError(
                "This experiment was stored by another version of the playground.",
                f"Version {_VERSION} can be read, and this is {content['version']}.",
                "Plan it again.",
            )
        trials = tuple(_trial(item) for item in content["trials"])
        return plan_from_json(json.dumps(content["plan"])), int(content["planned"]), trials
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PlaygroundError("This experiment cannot be read.", "What is stored of it is damaged.", "Plan it again.") from None


def _trial(item: dict[str, Any]) -> Trial:
    known = {field.name for field in fields(Trial)}
    return Trial(
        **{name: value for name, value in item.items() if name in known}
        | {
            "curve": tuple(item["curve"]),
            "told": tuple(item.get("told", ())),
        }
    )
