"""A neural-network playground. Its engine needs no browser:

from playground import Trainer, load, preset

for event in Trainer(preset("first-network").run, load("mnist-5k")):
    print(event)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.catalog.presets import preset
    from playground.checks import check
    from playground.data import load
    from playground.errors import PlaygroundError
    from playground.spec import RunSpec
    from playground.training.history import History
    from playground.training.trainer import Trainer

__all__ = ["History", "PlaygroundError", "RunSpec", "Trainer", "check", "load", "preset"]

_HOMES = {
    "History": "playground.training.history",
    "PlaygroundError": "playground.errors",
    "RunSpec": "playground.spec",
    "Trainer": "playground.training.trainer",
    "check": "playground.checks",
    "load": "playground.data",
    "preset": "playground.catalog.presets",
}


def __getattr__(name: str) -> Any:
    # Imported when asked for: a module of this package that needs no torch then does not wait for it.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'playground' has no attribute {name!r}")
