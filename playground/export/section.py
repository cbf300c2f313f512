"""Sections of a script or a notebook: a heading, an explanation and code; and small tools to write code with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One step of the program.

    Attributes:
        title: its heading.
        words: the explanation above the code, in Markdown; for the notebook.
        code: Python, without a line break at the end.
    """

    title: str
    words: str
    code: str


def plain(text: str) -> str:
    """A user's text as one harmless line: it may stand in a comment, a docstring or Markdown, and stays text there."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return re.sub(r"[\"\\<>`$\[\]]", "'", " ".join(printable.split()))[:120]


def block(*lines: str) -> str:
    """Lines one below the other; empty texts fall out, "\\n" stays as an empty line."""
    return "\n".join(line if line != "\n" else "" for line in lines if line)


def indented(code: str, levels: int = 1) -> str:
    """The code further to the right by 4 spaces a level."""
    return "\n".join("    " * levels + line if line else "" for line in code.splitlines())


def with_comments(lines: Sequence[tuple[str, str]]) -> str:
    """Lines with a comment behind each, all beginning in one column; no comment where it is empty."""
    width = max((len(code) for code, comment in lines if comment), default=0)
    return "\n".join(f"{code:<{width}}  # {comment}" if comment else code for code, comment in lines)


def imports(code: str) -> str:
    """Import statements for what the code uses, in the usual order."""
    modules = ("gzip", "hashlib", "importlib.util", "math", "sys", "urllib.request")
    lines = [f"import {name}" for name in modules if re.search(rf"\b{re.escape(name)}\.", code)]
    if re.search(r"\bPath\(", code):
        lines.append("from pathlib import Path")
    third = ["import numpy as np", "import torch"] if re.search(r"\bnp\.", code) else ["import torch"]
    if re.search(r"\bF\.", code):
        third.append("import torch.nn.functional as F")
    third.append("from torch import nn")
    return "\n".join([*lines, "", *third])
