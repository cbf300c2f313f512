"""Keeps figures in benchmarks/results/<name>.json, and makes RESULTS.md of all of them."""

from __future__ import annotations

import datetime
import json
import math
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement
from benchmarks.options import Options

FOLDER = Path(__file__).parent / "results"
PAGE = Path(__file__).parent / "RESULTS.md"
PACKAGES = ("torch", "torchvision", "streamlit", "plotly", "numpy")
BEGINNING = """# Results

Made by `python -m playground bench --write`; README.md says what each figure means. Do not edit by hand.
"""


def write_results(name: str, about: str, found: list[Measurement], options: Options) -> None:
    """Writes one benchmark's figures, with the machine and the versions, and the page anew."""
    FOLDER.mkdir(exist_ok=True)
    content = {
        "name": name,
        "about": about,
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": command(name, options),
        "machine": machine(),
        "versions": versions(),
        "figures": [measurement.to_dict() for measurement in found if math.isfinite(measurement.value)],
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    write_page()


def write_page() -> None:
    """Makes RESULTS.md of all kept figures, in the order of the suite."""
    from benchmarks.suite import BENCHMARKS

    kept = [FOLDER / f"{name}.json" for name in BENCHMARKS]
    sections = [section(json.loads(path.read_text(encoding="utf-8"))) for path in kept if path.is_file()]
    PAGE.write_text("\n".join([BEGINNING, *sections]), encoding="utf-8")


def section(content: dict[str, Any]) -> str:
    """One benchmark as Markdown."""
    rows = []
    for figure in content["figures"]:
        one = Measurement(**figure)
        rows.append(f"| {one.title} | **{one.value_text()}** | {one.target_text()} | {one.verdict} | {one.detail} |")
    return "\n".join(
        [
            f"## {content['name']}",
            "",
            f"{content['about'][0].upper()}{content['about'][1:]}.",
            "",
            "| what | figure | target | | computed from |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"`{content['command']}`, {content['date']}; {content['machine']}; {content['versions']}.",
            "",
        ]
    )


def command(name: str, options: Options) -> str:
    parts = ["python -m playground bench", name, f"--threads {options.threads}"]
    if options.quick:
        parts.append("--quick")
    if name == "accuracy":
        parts.append(f"--seeds {options.seeds}")
    return " ".join(parts)


def machine() -> str:
    """Processor, cores and memory, for example "AMD EPYC, 2 cores, 23 GB, Linux"."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = psutil.virtual_memory().total / 1e9
    return f"{_processor()}, {cores} cores, {memory:.0f} GB, {platform.system()}"


def versions() -> str:
    found = [f"Python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"]
    found += [f"{package} {metadata.version(package)}" for package in PACKAGES]
    return ", ".join(found)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
