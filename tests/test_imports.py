"""Imports run one way. This reads every import statement of the tree, those inside functions too."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent

# From the top of the house down; a module may import from floors below its own. `spec` and `catalog` are one floor:
# the type of a layer is "one of the catalogue", and a preset is a spec.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("app", "pages"),
    ("playground.__main__", "playground.__init__"),
    ("playground.ui",),
    ("playground.studies", "playground.commands"),
    ("playground.export",),
    ("playground.jobs", "playground.insight", "playground.figures"),
    ("playground.store",),
    ("playground.advisor",),
    ("playground.training",),
    ("playground.checks",),
    ("playground.rules", "playground.frozen_rules"),
    ("playground.point_rules", "playground.training_rules"),
    ("playground.findings", "playground.fitting"),
    ("playground.network",),
    ("playground.data", "playground.drawing", "playground.uploads"),
    ("playground.ink",),
    ("playground.differences", "playground.edits", "playground.lessons", "playground.forecast"),
    ("playground.spec", "playground.catalog", "playground.links", "playground.problems"),
    ("playground.errors", "playground.seeds", "playground.settings", "playground.progress", "playground.torchvision_compat"),
)
# Beside each other on one floor, and still apart.
FORBIDDEN = (("playground.jobs", "playground.insight"), ("playground.figures", "playground.training.trainer"))


def sources() -> list[Path]:
    return [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "playground").rglob("*.py"))]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] == "pages":
        return "pages"
    return "playground.__init__" if parts == ("playground", "__init__") else ".".join(p for p in parts if p != "__init__")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a file imports; `from a import b` counts as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written out in full"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def stands_in(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


def floor(module: str) -> int | None:
    """The floor of a module, by the longest name that fits; None outside the house."""
    found = [(len(part), level) for level, parts in enumerate(FLOORS) for part in parts if stands_in(module, part)]
    return max(found)[1] if found else None


def part_of(module: str) -> str:
    return max((part for parts in FLOORS for part in parts if stands_in(module, part)), key=len)


def offences(is_wrong: Callable[[str, str], bool]) -> list[str]:
    """Every import for which `is_wrong(module, imported name)`, with its file and line."""
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources()
        for line, name in imports(path)
        if is_wrong(module_name(path), name)
    ]


def test_every_module_has_a_floor() -> None:
    homeless = [module_name(path) for path in sources() if floor(module_name(path)) is None]
    assert not homeless, "name the new parts of the house in FLOORS"


def goes_up(module: str, name: str) -> bool:
    if not stands_in(name, "playground"):
        return False
    own, level = floor(module), floor(name)
    if level is None:  # a public name of the package itself
        level = floor("playground.__init__")
    assert own is not None and level is not None
    if level == own:
        shared = [floor(part) for part in ("playground.spec", "playground.errors", "playground.data")]
        return part_of(module) != part_of(name) and own not in shared
    return level < own


def test_imports_go_down_only() -> None:
    assert offences(goes_up) == []


def test_what_must_stay_apart_stays_apart() -> None:
    assert offences(lambda module, name: any(stands_in(module, a) and stands_in(name, b) for a, b in FORBIDDEN)) == []


def test_only_the_pages_and_the_ui_know_streamlit() -> None:
    def is_wrong(module: str, name: str) -> bool:
        return name.startswith("streamlit") and module not in ("app", "pages") and not stands_in(module, "playground.ui")

    assert offences(is_wrong) == []


def test_figures_and_pages_do_no_computing_with_torch() -> None:
    def is_wrong(module: str, name: str) -> bool:
        drawn = module in ("app", "pages") or stands_in(module, "playground.figures")
        return drawn and name.split(".")[0] in ("torch", "torchvision")

    assert offences(is_wrong) == []


def test_the_rules_notice_an_offence() -> None:
    assert goes_up("playground.spec", "playground.training.trainer.Trainer")
    assert goes_up("playground.training.trainer", "playground.jobs.service.JobService")
    assert goes_up("playground.jobs.worker", "playground.insight.evaluation.evaluate")
    assert not goes_up("playground.jobs.worker", "playground.training.trainer.Trainer")
    assert not goes_up("playground.catalog.presets", "playground.spec.RunSpec")


def test_importing_the_figures_loads_neither_torch_nor_streamlit() -> None:
    """Also not by way of something that they import."""
    names = sorted(path.stem for path in (ROOT / "playground" / "figures").glob("*.py") if path.stem != "__init__")
    code = "import sys, importlib\n"
    code += "".join(f"importlib.import_module('playground.figures.{name}')\n" for name in names)
    code += "print([name for name in ('torch', 'streamlit') if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
