"""Choosing a data set by its name, and the folder that it lies in."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from tiny_data import Tiny

from playground.data import SOURCES, data_folder, is_available, load, source, status
from playground.errors import PlaygroundError


def test_the_data_sets_have_their_names_and_those_with_pictures_come_first() -> None:
    names = [known.name for known in SOURCES]
    assert names[:5] == ["mnist", "mnist-5k", "fashion-mnist", "kmnist", "emnist-letters"]
    assert names[5:9] == ["iris", "wine", "breast-cancer", "diabetes"]
    assert len(set(names)) == len(names)
    assert [known.is_images for known in SOURCES] == [True] * 5 + [False] * (len(names) - 5)


@pytest.mark.parametrize("chosen", SOURCES, ids=lambda chosen: chosen.name)
def test_every_source_has_a_whole_name_card(chosen: object) -> None:
    assert source(chosen) is chosen  # type: ignore[arg-type]
    known = next(known for known in SOURCES if known is chosen)
    assert source(known.name) is known
    assert known.title
    assert known.description.endswith(".")
    assert len(set(known.class_names)) == len(known.class_names)
    assert (known.num_classes, known.target_name != "") == {
        "classification": (max(3, known.num_classes), False),
        "binary": (2, False),
        "regression": (0, True),
    }[known.task]
    assert len(known.feature_names) == (0 if known.is_images else known.input_shape[0])
    if not known.name.startswith("painted"):
        assert known.num_train >= known.num_test > 0


@pytest.mark.parametrize(("typed", "meant"), [("minst", "mnist"), ("Fashion_MNIST", "fashion-mnist")])
def test_a_mistyped_name_gets_the_one_that_was_meant(typed: str, meant: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        source(typed)
    assert caught.value.mend == f"Did you mean {meant!r}?"
    assert "emnist-letters" in caught.value.expected


def test_the_data_folder_is_the_setting_or_else_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", "~/digits")
    assert data_folder() == Path.home() / "digits"
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", "")
    assert data_folder() == Path(platformdirs.user_cache_dir("neural-network-playground", appauthor=False))


def test_a_data_set_is_read_once_and_then_shared(tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    assert not is_available(tiny.source)
    with pytest.raises(PlaygroundError):
        load(tiny.source)
    # A failure is not remembered: the files may come.
    tiny.write(tmp_path)
    assert status(tiny.source).state == "ready"
    assert load(tiny.source) is load(tiny.source)


def test_another_folder_gives_another_copy(tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write(tmp_path / "one")
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path / "one"))
    load(tiny.source)
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path / "two"))
    with pytest.raises(PlaygroundError, match="not on this computer yet"):
        load(tiny.source)
