"""`python -m playground bench`: measures the playground against others, and against what it promises."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from playground.commands.arguments import whole_number
from playground.errors import PlaygroundError

ROOT = Path(__file__).resolve().parents[2]


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers of `argparse`."""
    command = commands.add_parser(
        "bench",
        help="measure speed, responsiveness and accuracy",
        description="Prints each figure beside what it is compared with, and its target. benchmarks/README.md explains them.",
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="measure only these; `bench --list` names them")
    command.add_argument("--only", nargs="+", metavar="NAME", default=[], help="the same as the names")
    command.add_argument("--list", action="store_true", help="say what can be measured, and end")
    command.add_argument("--quick", action="store_true", help="fewer and shorter rounds: a rough figure in a few minutes")
    command.add_argument(
        "--threads", metavar="N", type=whole_number(1, 1024), default=_cores(), help="processor threads for all (default: cores)"
    )
    command.add_argument(
        "--keras-python",
        metavar="FILE",
        default=os.environ.get("KERAS_PYTHON"),
        help="a Python with benchmarks/requirements-keras.txt (default: the variable KERAS_PYTHON)",
    )
    command.add_argument("--seeds", metavar="N", type=whole_number(1, 100), default=3, help="runs a preset, for `accuracy`")
    command.add_argument("--write", action="store_true", help="keep the figures in benchmarks/results and RESULTS.md")
    command.set_defaults(run=bench)


def bench(chosen: argparse.Namespace) -> int:
    """Measures what was chosen; returns 0 when every target was reached, otherwise 1.

    Raises:
        PlaygroundError: the benchmarks are not there, a name is unknown, or what is needed is missing.
    """
    if not (ROOT / "benchmarks" / "suite.py").is_file():
        raise PlaygroundError(
            f"There is no folder {ROOT / 'benchmarks'}.", "The benchmarks are a part of the repository.", "Clone it to run them."
        )
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    suite = importlib.import_module("benchmarks.suite")
    code: int = suite.main(chosen)
    return code


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
