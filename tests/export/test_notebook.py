"""The notebook is the script in cells: valid, explained, and run from top to bottom it says PASS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from repeated_runs import SCORES, exported, small_run

from playground.catalog.augmentations import Rotation
from playground.catalog.layers import BatchNorm, Conv2d, Flatten, MaxPool
from playground.export import notebook
from playground.export.value import ExportedRun

LAYERS = (Conv2d(filters=3), MaxPool(), BatchNorm(), Flatten(), SCORES)


@pytest.fixture(scope="module")
def run() -> ExportedRun:
    return exported(small_run(LAYERS, augmentation=(Rotation(),), size=100), name="A <b>bold</b> run")


def read(made: bytes) -> Any:
    return nbformat.reads(made.decode(), as_version=nbformat.NO_CONVERT)


def execute(cells: Any, folder: Path) -> str:
    """What all cells wrote."""
    NotebookClient(cells, timeout=200, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in cells.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.get("text", "") for output in outputs)


def test_a_notebook_run_from_top_to_bottom_says_pass(run: ExportedRun, tmp_path: Path) -> None:
    written = execute(read(notebook.make(run)), tmp_path)
    assert "PASS" in written and "FAIL" not in written


def test_a_notebook_in_which_something_was_changed_says_fail(run: ExportedRun, tmp_path: Path) -> None:
    made = notebook.make(run)
    assert made.count(b"lr=0.001") == 1
    written = execute(read(made.replace(b"lr=0.001", b"lr=0.002")), tmp_path)
    assert "FAIL" in written and "PASS" not in written


def test_a_notebook_is_valid_and_the_same_each_time(run: ExportedRun) -> None:
    made = notebook.make(run)
    assert made == notebook.make(run)
    cells = read(made)
    nbformat.validate(cells)
    assert (cells.nbformat, cells.nbformat_minor) == (4, 5)


def test_every_step_is_explained_in_words_before_its_code(run: ExportedRun) -> None:
    cells = read(notebook.make(run)).cells
    kinds = [cell.cell_type for cell in cells]
    assert kinds == ["markdown", "code"] * (len(kinds) // 2)
    words = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for layer in LAYERS:
        assert layer.help in words
    for entry in (run.run.training.loss, run.run.training.optimizer, Rotation()):
        assert entry.help in words
    assert "validation" in words and "final exam" in words


def test_a_name_stays_text_in_a_notebook(run: ExportedRun) -> None:
    assert "<b>" not in read(notebook.make(run)).cells[0].source
