"""What the command line prints while a data set is downloaded."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tiny_data import Mirror, Tiny

from playground.data.command import download_with_bar
from playground.errors import PlaygroundError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_one_line_a_file(tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    out = io.StringIO()
    download_with_bar(tiny.source, out)
    lines = out.getvalue().splitlines()
    assert lines[:4] == [f"{name} ..." for name in tiny.archives]
    assert lines[4] == f"Tiny: complete and verified, in {tmp_path}/Tiny/raw."
    assert "\r" not in out.getvalue()


def test_a_terminal_gets_a_bar_that_ends_full(tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    out = Terminal()
    download_with_bar(tiny.source, out)
    last_bar = out.getvalue().splitlines()[-2]
    assert f"[{'#' * 30}] 100%" in last_bar
    assert "0.0 of 0.0 MB" in last_bar
    assert tiny.holds(tmp_path)


def test_a_failure_ends_the_bars_line_before_it_is_raised(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    del mirror.contents["/t10k-labels-idx1-ubyte.gz"]
    out = Terminal()
    with pytest.raises(PlaygroundError, match="HTTP 404"):
        download_with_bar(tiny.source, out)
    assert out.getvalue().endswith("\n")
    assert "complete" not in out.getvalue()
