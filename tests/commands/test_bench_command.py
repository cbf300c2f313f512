"""`python -m playground bench`: its arguments, its figures, and the page that they make."""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path

import pytest

from benchmarks import results
from benchmarks.contestant import Contestant
from benchmarks.measurement import Measurement, median_of
from benchmarks.options import Options
from benchmarks.suite import BENCHMARKS
from playground.commands.command_line import main

ROOT = Path(__file__).parents[2]
needs_mnist = pytest.mark.skipif("PLAYGROUND_DATA_DIR" not in os.environ, reason="needs full MNIST")


def test_the_list_names_every_benchmark_and_its_module_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(BENCHMARKS)
    for module, _ in BENCHMARKS.values():
        assert (ROOT / "benchmarks" / f"{module}.py").is_file()


def test_the_readme_explains_every_benchmark() -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in BENCHMARKS:
        assert f"`{name}`" in text


def test_an_unknown_benchmark_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "speed"]) == 2
    err = capsys.readouterr().err
    assert "There is no benchmark 'speed'." in err
    assert err.count("\n") == 1


def test_a_figure_is_held_against_its_target_in_the_right_direction() -> None:
    assert Measurement("speed", 3.0, "times", 3.0, "higher").verdict == "ok"
    assert Measurement("speed", 2.9, "times", 3.0, "higher").verdict == "MISSED"
    assert Measurement("delay", 0.5, "s", 0.5, "lower").verdict == "ok"
    assert Measurement("delay", 0.6, "s", 0.5, "lower").verdict == "MISSED"
    assert Measurement("delay", 0.6, "s").verdict == ""
    assert not Measurement("skipped", math.nan, "", 0.0).reached


def test_the_median_and_the_range_are_told() -> None:
    found = median_of("speed", [4.0, 1.0, 2.0], "times", 1.5, detail="of three")
    assert found.value == 2.0
    assert found.detail == "of three; median of 3, 1 to 4"
    assert " ".join(found.line().split()) == "2.00 times >= 1.5 ok speed (of three; median of 3, 1 to 4)"


def test_kept_figures_become_a_page_in_the_order_of_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    monkeypatch.setattr(results, "PAGE", tmp_path / "RESULTS.md")
    skipped = Measurement("skipped", math.nan, "", 0.0)
    results.write_results("tick", "what a tick costs", [Measurement("tick", 4.2, "ms", 10.0, "lower"), skipped], Options())
    results.write_results("watched", "watched", [Measurement("watched", 0.9, "times", 0.93)], Options(quick=True, threads=2))
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert page.index("## watched") < page.index("## tick")
    assert "| watched | **0.90 times** | >= 0.93 | MISSED |  |" in page
    assert "| tick | **4.20 ms** | <= 10 | ok |  |" in page
    assert "`python -m playground bench watched --threads 2 --quick`" in page
    assert "skipped" not in page
    assert len(json.loads((tmp_path / "results" / "tick.json").read_text(encoding="utf-8"))["figures"]) == 1


@needs_mnist
@pytest.mark.parametrize("network", ["first-network", "small-cnn"])
def test_the_contestants_train_the_same_network_and_learn(network: str) -> None:
    arguments = ["--network", network, "--images", "640", "--batch-size", "32", "--threads", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    sizes = set()
    for script in ("playground_trainer.py", "bare_loop.py", "data_loader_loop.py"):
        folder = ["--data", os.environ["PLAYGROUND_DATA_DIR"]] if script == "data_loader_loop.py" else []
        with Contestant(script, sys.executable, script, [*arguments, *folder], environment) as contestant:
            sizes.add(contestant.ready["num_parameters"])
            told = [contestant.epoch() for _ in range(3)]
        assert [answer["images"] for answer in told] == [640] * 3
        assert told[2]["loss"] < 0.8 * told[0]["loss"]
        assert all(answer["seconds"] > 0 for answer in told)
    assert len(sizes) == 1
