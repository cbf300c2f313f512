"""`import torchvision` with builds that match torch and builds that do not, each in a process of its own."""

from __future__ import annotations

import importlib.machinery
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(script: str, first_on_path: Path = ROOT) -> str:
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{first_on_path}:{ROOT}"},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_torchvision_imports_with_its_data_sets_and_transforms() -> None:
    script = """
from playground.torchvision_compat import declare_missing_operators, import_torchvision
torchvision = import_torchvision()
assert import_torchvision() is torchvision
declare_missing_operators()
import torch
from torchvision import datasets
from torchvision.transforms import v2
print(datasets.MNIST.__name__, tuple(v2.RandomRotation(10)(torch.zeros(2, 1, 28, 28)).shape))
"""
    assert run(script) == "MNIST (2, 1, 28, 28)"


def test_operators_are_declared_exactly_when_the_plain_import_fails() -> None:
    plain = subprocess.run([sys.executable, "-c", "import torchvision"], capture_output=True, text=True)
    declared = run("from playground.torchvision_compat import *; print(declare_missing_operators())")
    assert declared == str(plain.returncode != 0)
    if plain.returncode:
        assert "torchvision::nms does not exist" in plain.stderr


@pytest.mark.parametrize(("loadable", "declared"), [(True, "False"), (False, "True")])
def test_nothing_is_declared_when_the_compiled_operators_load(tmp_path: Path, loadable: bool, declared: str) -> None:
    # A stand-in package, since no matching pair of builds is here: a shared library that loads, or a file that is none.
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("")
    library = package / f"_C{importlib.machinery.EXTENSION_SUFFIXES[-1]}"
    if loadable:
        numpy_library = run("import numpy._core._multiarray_umath as m; print(m.__file__)")
        shutil.copy(numpy_library, library)
    else:
        library.write_bytes(b"not a library")
    script = """
import torch
from playground.torchvision_compat import declare_missing_operators
print(declare_missing_operators(), declare_missing_operators(), hasattr(torch.ops.torchvision, "nms"))
"""
    assert run(script, first_on_path=tmp_path) == f"{declared} {declared} {declared}"


def test_a_torchvision_that_was_imported_already_is_left_alone(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("")
    script = "import torchvision; from playground.torchvision_compat import *; print(declare_missing_operators())"
    assert run(script, first_on_path=tmp_path) == "False"
