"""The server's settings: defaults, the environment, and the table in the README."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground import settings
from playground.errors import PlaygroundError
from playground.settings import SETTINGS, Setting

every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
numbers = [setting for setting in SETTINGS if isinstance(setting.default, int)]
every_number = pytest.mark.parametrize("setting", numbers, ids=lambda setting: setting.name)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(setting.variable, raising=False)


def test_names_are_unique() -> None:
    assert len({setting.variable for setting in SETTINGS}) == len(SETTINGS)


@every_setting
def test_a_setting_has_a_sentence_and_an_environment_variable(setting: Setting) -> None:
    assert setting.help.endswith(".") and len(setting.help) > 10
    assert setting.variable == "PLAYGROUND_" + setting.name.upper()


@every_number
def test_a_number_has_its_default_and_takes_the_environments(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.number(setting.name) == setting.default
    assert isinstance(setting.default, int) and setting.default >= setting.minimum
    monkeypatch.setenv(setting.variable, str(setting.minimum + 3))
    assert settings.number(setting.name) == setting.minimum + 3


@every_number
@pytest.mark.parametrize("raw", ["many", "", "1.5", "-1", "1e3"])
def test_a_wrong_number_is_refused_with_the_variable_named(setting: Setting, raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(setting.variable, raw)
    with pytest.raises(PlaygroundError, match=setting.variable) as caught:
        settings.number(setting.name)
    assert str(setting.minimum) in caught.value.expected and str(setting.default) in caught.value.mend


def test_a_text_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.text("data_dir") == ""
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", "/somewhere")
    assert settings.text("data_dir") == "/somewhere"


@every_setting
def test_the_readme_explains_the_setting(setting: Setting) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    rows = [line for line in readme.splitlines() if line.startswith("|") and f"`{setting.variable}`" in line]
    assert len(rows) == 1
    if setting.default != "":
        assert str(setting.default) in rows[0].replace(",", "").replace("_", "") or f"{setting.default:,}" in rows[0]
