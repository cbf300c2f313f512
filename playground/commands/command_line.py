"""`python -m playground train | export | data | bench`: reads the arguments, and turns every problem into one line.

Exit codes: 0 done; 1 it went wrong on the way (the loss diverged, a download failed); 2 bad arguments; 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from playground.commands import bench, data, export, train
from playground.errors import PlaygroundError

PROGRAM = "python -m playground"


class OneLineParser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; the chosen command's function is `run` in what it returns."""
    top = OneLineParser(prog=PROGRAM, description="A neural-network playground, without a browser.")
    commands = top.add_subparsers(title="commands", dest="command", required=True, metavar="{train,export,data,bench}")
    for command in (train, export, data, bench):
        command.add_parser(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command that `arguments` name (the program's own when None); returns the exit code."""
    try:
        chosen = parser().parse_args(arguments)
        code: int = chosen.run(chosen)
        return code
    except PlaygroundError as problem:
        # Bad arguments: a command that fails later on prints its reason itself and returns 1.
        print(f"{PROGRAM}: {one_line(problem)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())
