"""Files of tests that run one after another in one process: none sees what another one left."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

A_FILE = """
import time
from playground.spec import RunSpec
from playground.store import Origin
from playground.ui import session

def test_the_pages_begin_with_an_empty_store():
    assert not session.store().runs(None)
    session.store().add("a-run", "a visitor", 1, "Run 1", RunSpec().to_json(), time.time(), Origin())
    assert session.store().flush(60) and session.store().runs(None)
"""


def test_a_file_that_asks_for_no_fixture_begins_with_an_empty_store(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", str(here.parents[1]))
    pytester.makeconftest((here / "conftest.py").read_text())
    pytester.makepyfile(test_first=A_FILE, test_second=A_FILE)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
