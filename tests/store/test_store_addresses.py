"""Which database it is, and that what waits is stored at the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from stories import SPEC_JSON, add, started, tell

from playground.errors import PlaygroundError
from playground.store import Store


@pytest.mark.parametrize("url", ["nonsense", "oracle://me@host/name", "mongodb://host/name", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_cannot_be_used_is_told_with_what_mends_it(url: str) -> None:
    store = Store(url)
    with pytest.raises(PlaygroundError, match="PLAYGROUND_DATABASE_URL"):
        store.runs("me")
    add(store, "a")
    assert not store.flush(0.5)
    assert store.problem is not None and "PLAYGROUND_DATABASE_URL" in store.problem
    store.close()


def test_a_missing_driver_is_told_with_the_command_that_installs_it() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from playground.store import Store\n"
        "for scheme in ('postgres', 'postgresql'):\n"
        "    try:\n        Store(f'{scheme}://me:pw@127.0.0.1/name').runs('me')\n"
        "    except Exception as error:\n        print(type(error).__name__, error)\n"
    )
    root = Path(__file__).parent.parent.parent
    shown = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert shown.stdout.count("PlaygroundError") == 2, shown.stderr
    assert shown.stdout.count("pip install -r requirements-extras.txt") == 2


def test_the_setting_names_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATABASE_URL", f"sqlite:///{tmp_path}/by_url.db")
    monkeypatch.setenv("PLAYGROUND_RUNS_DIR", f"{tmp_path}/folder")
    Store().close()
    assert (tmp_path / "by_url.db").exists()
    monkeypatch.delenv("PLAYGROUND_DATABASE_URL")
    store = Store()
    store.events("a", [], SPEC_JSON, True)
    store.close()
    assert (tmp_path / "folder" / "playground.db").exists()


def test_closing_stores_what_waits(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/playground.db"
    store = Store(url)
    add(store, "a")
    tell(store, "a", [started()])
    store.close()
    again = Store(url)
    assert again.events_of("a") == [started()]
    again.close()


def test_a_program_that_just_ends_stores_what_waits(tmp_path: Path) -> None:
    code = (
        "from playground.store import Store, Origin\n"
        "from playground.spec import RunSpec\n"
        f"store = Store('sqlite:///{tmp_path}/playground.db')\n"
        "store.add('a', 'me', 1, 'name', RunSpec().to_json(), 1.0, Origin())\n"
    )
    root = Path(__file__).parent.parent.parent
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
    store = Store(f"sqlite:///{tmp_path}/playground.db")
    assert store.run("a") is not None
    store.close()
