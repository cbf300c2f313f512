"""Keras scripts, read without running them: no Keras is installed here."""

from __future__ import annotations

import ast
import sys
from typing import Any

from playground.export.keras_script import make
from playground.export.value import ExportedRun
from playground.spec import RunSpec
from playground.store.values import Origin
from playground.training.events import RunFinished
from playground.training.history import History

ALLOWED = {"keras", "numpy", *sys.stdlib_module_names}


def finished(run: RunSpec, **fields: Any) -> ExportedRun:
    """A run as if it had been trained: the script holds nothing of its weights."""
    history = History()
    history.fold([RunFinished(10, 1, 0.0912, 0.9723, False, None)])
    given = {"id": "r1", "name": "A small run", "repeatable": True, "origin": Origin(), "weights": {}, **fields}
    return ExportedRun(run=run, history=history, **given)


def script(run: RunSpec, **fields: Any) -> str:
    return make(finished(run, **fields)).decode()


def part(text: str, *names: str) -> dict[str, Any]:
    """The functions and constants of these names, without running the rest of the script."""
    chosen = [
        node
        for node in ast.parse(text).body
        if getattr(node, "name", None) in names
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Import) and node.names[0].name != "keras")
        or (isinstance(node, ast.ImportFrom) and node.module == "pathlib")
    ]
    space: dict[str, Any] = {}
    exec(compile(ast.Module(chosen, []), "<script>", "exec"), space)
    return space


def calls(text: str) -> dict[str, list[ast.Call]]:
    """All calls by the name of what is called."""
    found: dict[str, list[ast.Call]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            found.setdefault(ast.unparse(node.func), []).append(node)
    return found


def keywords(call: ast.Call) -> dict[str, str]:
    return {keyword.arg or "": ast.unparse(keyword.value) for keyword in call.keywords}


def undefined(text: str) -> set[str]:
    """Names that are read somewhere and bound nowhere."""
    tree = ast.parse(text)
    bound = set(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__) | {"__name__"}
    read = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(name.asname or name.name).split(".")[0] for name in node.names}
    return read - bound
