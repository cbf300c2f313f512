"""`python -m playground export`: a stored run goes home without a server, and never over a file that is there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from safetensors.torch import save

from playground import data
from playground.catalog.layers import Dense, Flatten
from playground.commands import export
from playground.commands.command_line import main
from playground.export.formats import FORMATS
from playground.export.weights import read_network
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.store import Origin, Store, StoredWeights
from playground.training.events import RunFinished
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

RUN = RunSpec(
    network=NetworkSpec(layers=(Flatten(), Dense(units=10))),
    dataset=DatasetSpec(name="mnist-5k", training_size=100, validation_share=0.02),
    training=TrainingSpec(epochs=1),
)


@dataclass(frozen=True)
class Kept:
    """What the store holds."""

    test_accuracy: float


@pytest.fixture(scope="module")
def events() -> tuple[list[object], bytes]:
    trainer = Trainer(RUN, data.load("mnist-5k"), runtime=Runtime())
    return list(trainer), save({name: tensor.contiguous() for name, tensor in trainer.weights().items()})


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: tuple[list[object], bytes]) -> Iterator[Kept]:
    """Three runs in the store of this test, and the test's folder as the current one."""
    monkeypatch.setenv("PLAYGROUND_RUNS_DIR", str(tmp_path / "runs"))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    happened, weights = events
    store = Store()
    for number, (run_id, name) in enumerate((("aaa111", "First try"), ("aab222", "Twin"), ("bbb333", "Twin")), 1):
        store.add(run_id, f"visitor{number}", number, name, RUN.to_json(), 1_000_000.0 + number, Origin())
        store.events(run_id, happened, RUN.to_json(), True)  # type: ignore[arg-type]
        store.final(run_id, StoredWeights(4, 1.0, weights))
    assert store.flush()
    store.close()
    finished = happened[-1]
    assert isinstance(finished, RunFinished)
    yield Kept(finished.test_accuracy)


def test_the_list_tells_of_every_visitor_s_runs_the_newest_first(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["bbb333", "aab222", "aaa111"]
    assert all("finished" in line and f"{kept.test_accuracy:.2%}" in line and "mnist-5k" in line for line in lines)


@pytest.mark.parametrize(("wanted", "name"), [("aaa111", "First try"), ("aaa", "First try"), ("First try", "First try")])
def test_a_run_is_found_by_its_id_its_beginning_and_its_name(
    kept: Kept, wanted: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", wanted, "--format", "spec"]) == 0
    assert RunSpec.from_json(Path("first-try.json").read_text()) == RUN
    assert name in capsys.readouterr().out


def test_latest_is_the_newest(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "latest", "--format", "safetensors", "--output", "net.safetensors"]) == 0
    assert read_network(Path("net.safetensors").read_bytes()).command == "python -m playground export bbb333 --format safetensors"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written(kept: Kept, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name == "onnx":
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
    assert main(["export", "aaa111", "--format", name]) == 0
    path = Path(f"first-try{FORMATS[name].suffix}")
    assert path.stat().st_size > 300
    assert str(path) in capsys.readouterr().out
    assert list(Path().iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export"], "Which run"),
        (["export", "aaa111"], "--format"),
        (["export", "zzz", "--format", "spec"], "no stored run 'zzz'"),
        (["export", "aa", "--format", "spec"], "2 runs: aab222 (Twin), aaa111 (First try)"),
        (["export", "Twin", "--format", "spec"], "2 runs: bbb333 (Twin), aab222 (Twin)"),
        (["export", "aaa111", "--format", "spec", "--output", "no/folder/x.json"], "no folder"),
        (["export", "aaa111", "--format", "spec", "--output", "."], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    kept: Kept, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_an_unknown_format_lists_the_formats(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", "aaa111", "--format", "pickle"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert all(name in said for name in FORMATS)


def test_a_file_that_is_there_is_replaced_only_by_force(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("mine.json")
    path.write_text("precious")
    arguments = ["export", "aaa111", "--format", "spec", "--output", str(path)]
    assert main(arguments) == 2
    assert "--force" in capsys.readouterr().err
    assert path.read_text() == "precious"
    assert main([*arguments, "--force"]) == 0
    assert RunSpec.from_json(path.read_text()) == RUN


def test_an_empty_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PLAYGROUND_RUNS_DIR", str(tmp_path))
    assert main(["export", "--list"]) == 0
    assert "No runs are stored yet." in capsys.readouterr().err
    assert main(["export", "latest", "--format", "spec"]) == 2


def test_a_database_that_cannot_be_read_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "playground.db").write_bytes(b"this is no database " * 100)
    monkeypatch.setenv("PLAYGROUND_RUNS_DIR", str(tmp_path))
    assert main(["export", "--list"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_s_formats_are_all_there_are() -> None:
    assert tuple(FORMATS) == export.FORMATS


def test_a_wrong_argument_is_told_before_anything_heavy_is_imported() -> None:
    code = "import sys; from playground.commands.command_line import main; main(['export']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_settings_of_a_run_can_be_trained_again(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "aaa111", "--format", "spec", "--output", "run.json"]) == 0
    assert main(["train", "--spec", "run.json", "--threads", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["test_accuracy"] == kept.test_accuracy
