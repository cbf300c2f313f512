"""`python -m playground data`."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.commands.command_line import main
from playground.data import SOURCES
from playground.data.sources import IdxSource


def test_the_list_tells_of_every_data_set_whether_it_is_here(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    assert main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:-1]] == [
        [source.name, "missing" if isinstance(source, IdxSource) else "ready"] for source in SOURCES
    ]
    assert lines[-1] == f"Folder: {tmp_path}"


def test_an_unknown_data_set_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "download", "fashion_mnist"]) == 2
    err = capsys.readouterr().err
    assert "Did you mean 'fashion-mnist'?" in err
    assert err.count("\n") == 1


def test_a_download_into_a_folder_that_is_a_file_fails_with_its_reason(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("here")
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(in_the_way))
    assert main(["data", "download", "mnist"]) == 1
    assert str(in_the_way) in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["data"], ["data", "download"], ["fly"]])
def test_a_command_that_is_not_complete_ends_with_code_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
