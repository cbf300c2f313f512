"""How much one server takes on."""

from __future__ import annotations

import os
from collections.abc import Iterable

from playground import settings
from playground.errors import PlaygroundError
from playground.jobs.runs import RunRecord


def check_limits(records: Iterable[RunRecord], owner: str, is_trial: bool) -> None:
    """Whether one more run may begin.

    Args:
        is_trial: of an experiment, which counts for the server only: experiments begin few runs at a time.

    Raises:
        PlaygroundError: the visitor, or the server, has as many unfinished runs as are allowed.
    """
    unfinished = [record for record in records if record.is_active]
    mine = sum(record.owner == owner and not record.origin.study for record in unfinished)
    limit = settings.number("max_runs_per_visitor")
    if mine >= limit and not is_trial:
        raise PlaygroundError(
            f"You have {mine} unfinished runs.",
            f"One visitor may have {limit} at a time.",
            "Stop one of them, or wait until one has finished.",
        )
    limit = settings.number("max_runs")
    if len(unfinished) >= limit:
        raise PlaygroundError(
            f"This server has {len(unfinished)} unfinished runs.",
            f"It takes {limit} at a time.",
            "Wait until one has finished, and press Train again.",
        )


def num_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
