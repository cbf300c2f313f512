"""An export as a task: what it gives, and what it says when it cannot."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Generator
from typing import Any

import pytest
import torch

from playground.errors import PlaygroundError
from playground.export.formats import FORMATS
from playground.export.task import ExportedFile, make_export
from playground.export.value import ExportedRun
from playground.spec import RunSpec
from playground.store.values import Origin
from playground.training.history import History

RUN = RunSpec(seed=7)
EXPORTED = ExportedRun("a", "My run · mnist", RUN, History(), {"0.weight": torch.ones(2, 3)}, True, Origin())


def _result(task: Generator[Any, None, ExportedFile]) -> ExportedFile:
    """What a task returns after all that it yields."""
    while True:
        try:
            next(task)
        except StopIteration as finished:
            return finished.value


def test_a_task_gives_the_file_with_its_name_and_type() -> None:
    file = _result(make_export(EXPORTED, "spec"))
    assert (file.name, file.mime) == (FORMATS["spec"].file_name(EXPORTED), FORMATS["spec"].mime)
    assert "my-run" in file.name and json.loads(file.data)


def test_progress_is_told_before_the_work_begins() -> None:
    assert FORMATS["spec"].title in next(make_export(EXPORTED, "spec")).text


def test_a_run_and_its_file_can_be_sent_to_a_worker_and_back() -> None:
    sent = pickle.loads(pickle.dumps(EXPORTED))
    assert sent.run == RUN and torch.equal(sent.weights["0.weight"], EXPORTED.weights["0.weight"])
    file = _result(make_export(sent, "spec"))
    assert pickle.loads(pickle.dumps(file)) == file


def test_an_unknown_format_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(PlaygroundError, match="spec"):
        _result(make_export(EXPORTED, "pickle"))


def _without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    @dataclasses.dataclass(frozen=True)
    class Broken:
        title: str = "ONNX"

        def make(self, exported: ExportedRun) -> bytes:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    monkeypatch.setitem(FORMATS, "onnx", Broken())  # type: ignore[arg-type]


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "onnx")
    with pytest.raises(PlaygroundError, match="'onnx' is not installed.*pip install"):
        _result(make_export(EXPORTED, "onnx"))


def test_a_module_of_our_own_that_is_missing_is_a_fault_and_not_told_as_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "playground.export.onnx")
    with pytest.raises(ModuleNotFoundError):
        _result(make_export(EXPORTED, "onnx"))
