"""Lets `import torchvision` work beside a torch that its compiled operators were not built for.

PyPI's torchvision is built against PyPI's CUDA torch. Beside a CPU-only torch its `_C.so` does not load (a CUDA
library is missing). torchvision itself shrugs at that, but then registers the shape functions of two operators,
`nms` and `qnms`, which only `_C.so` would have declared, and the import ends with
"operator torchvision::nms does not exist". Declaring the two schemas first lets the import finish: the data sets and
the transforms need no compiled operator. Where the two builds match, nothing is declared and nothing changes.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
import threading
from pathlib import Path
from types import ModuleType

import torch

_OPERATORS = ("nms", "qnms")
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

# A declaration lasts only as long as its Library object.
_declarations: list[torch.library.Library] = []
_lock = threading.Lock()


def import_torchvision() -> ModuleType:
    """The torchvision package, imported so that it works with any build of torch.

    Raises:
        ModuleNotFoundError: torchvision is not installed.
    """
    declare_missing_operators()
    return importlib.import_module("torchvision")


def declare_missing_operators() -> bool:
    """Declare the operators that `import torchvision` asks for, if its compiled ones cannot be loaded.

    Call it before anything imports torchvision. Calling it again does nothing.

    Returns:
        True when the operators had to be declared in this process, by this call or an earlier one.
    """
    with _lock:
        if not _declarations and "torchvision" not in sys.modules and not _compiled_operators_load():
            library = torch.library.Library("torchvision", "FRAGMENT")
            for name in _OPERATORS:
                library.define(name + _SCHEMA)
            _declarations.append(library)
    return bool(_declarations)


def _compiled_operators_load() -> bool:
    """Whether `_C` loads. Loading it here is what the import of torchvision would do next, so it costs nothing more."""
    spec = importlib.util.find_spec("torchvision")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            library = Path(folder) / f"_C{suffix}"
            if library.is_file():
                try:
                    torch.ops.load_library(str(library))
                except (ImportError, OSError):
                    return False
                return True
    return False
