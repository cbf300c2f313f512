"""The formats that a run can be taken home in. To add one is to add a module with `make` and one entry to `FORMATS`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from playground.export.value import ExportedRun


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: as on the command line.
        title: as on a button.
        suffix: of the file's name, with its dot.
        mime: the content's type, for a download.
        help: one line about what it is good for.
        module: where `make(exported) -> bytes` stands; imported when it is first used, since some need heavy packages.
    """

    name: str
    title: str
    suffix: str
    mime: str
    help: str
    module: str

    def file_name(self, exported: ExportedRun) -> str:
        """A name that every file system takes: the run's own in plain letters, and the format's suffix."""
        stem = re.sub(r"[^a-z0-9]+", "-", exported.name.lower()).strip("-")[:40].strip("-")
        return f"{stem or 'network'}{self.suffix}"

    @property
    def make(self) -> Callable[[ExportedRun], bytes]:
        """Writes a run in this format. It raises PlaygroundError when the run cannot be written so, and says why."""
        made: Callable[[ExportedRun], bytes] = importlib.import_module(f"playground.export.{self.module}").make
        return made


FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format(
            "pytorch",
            "PyTorch script",
            ".py",
            "text/x-python",
            "One Python file that trains this network again, with torch and at most one more package, and checks its own result.",
            "pytorch_script",
        ),
        Format(
            "notebook",
            "Jupyter notebook",
            ".ipynb",
            "application/x-ipynb+json",
            "The same in small steps, with explanations, for Jupyter or Colab.",
            "notebook",
        ),
        Format(
            "keras",
            "Keras script",
            "-keras.py",
            "text/x-python",
            "The same network in Keras 3, trained anew; checks that it gets as far, within half a point.",
            "keras_script",
        ),
        Format(
            "onnx",
            "ONNX",
            ".onnx",
            "application/octet-stream",
            "The trained network for other programs: plain data goes in, probabilities or a number come out.",
            "onnx",
        ),
        Format(
            "safetensors",
            "Weights (safetensors)",
            ".safetensors",
            "application/octet-stream",
            "The trained weights with all settings, in one safe file that this app loads again.",
            "weights",
        ),
        Format(
            "spec",
            "Settings (JSON)",
            ".json",
            "application/json",
            "All settings of the run as text, without its weights: load it to train the same again.",
            "spec_file",
        ),
        Format(
            "report",
            "Report (HTML)",
            "-report.html",
            "text/html",
            "One page with settings, curves, figures and the worst mistakes; print it, or keep it as PDF.",
            "report",
        ),
    )
}
