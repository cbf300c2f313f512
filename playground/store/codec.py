"""Events as JSON text, and back. Floats come back to the bit; so do NaN and the infinities."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from playground.errors import PlaygroundError
from playground.training.events import (
    CurveKept,
    EpochEnded,
    Event,
    LayersMeasured,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunRewound,
    RunStarted,
    RunStopped,
    SamplesPredicted,
    SettingsChanged,
)

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        EpochEnded,
        SettingsChanged,
        RunPaused,
        RunResumed,
        RunRewound,
        RunFinished,
        RunStopped,
        RunFailed,
        SamplesPredicted,
        LayersMeasured,
        CurveKept,
    )
}


def encode(event: Event) -> str:
    """One event as JSON: its fields, and its class in `kind`."""
    content = {field.name: getattr(event, field.name) for field in fields(event)}
    return json.dumps({"kind": type(event).__name__, **content}, separators=(",", ":"), default=asdict)


def decode(text: str) -> Event:
    """Reads what `encode` wrote.

    Raises:
        PlaygroundError: it is no such event; every field that is wrong is named.
    """
    try:
        content = json.loads(text)
        adapter = _adapter(content.pop("kind"))
        return adapter.validate_python(content)
    except ValidationError as error:
        wrong = ", ".join(".".join(str(part) for part in problem["loc"]) + ": " + problem["msg"] for problem in error.errors())
        raise PlaygroundError(f"An event of a run cannot be read ({wrong}).") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PlaygroundError(f"An event of a run cannot be read ({error!r}).") from None


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(_KINDS[kind])
