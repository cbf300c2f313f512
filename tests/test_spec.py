"""Specs as text: what comes back, and what is refused with the field named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.catalog.presets import PRESETS, preset
from playground.errors import PlaygroundError
from playground.spec import MAX_JSON_CHARACTERS, DatasetSpec, RunSpec, TrainingSpec

FIRST = preset("first-network").run


def changed(path: str, value: Any) -> str:
    """The first network as JSON, with one value replaced."""
    content = json.loads(FIRST.to_json())
    *parents, last = path.split(".")
    place = content
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    place[int(last) if last.isdigit() else last] = value
    return json.dumps(content)


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.slug)
def test_a_run_comes_back_from_json(entry: Any) -> None:
    assert RunSpec.from_json(entry.run.to_json()) == entry.run


def test_an_empty_run_is_a_run() -> None:
    assert RunSpec.from_json("{}") == RunSpec()


def test_equal_runs_have_equal_links_and_different_ones_do_not() -> None:
    assert FIRST.to_link() == RunSpec.from_json(FIRST.to_json()).to_link()
    assert FIRST.to_link() != FIRST.model_copy(update={"seed": 1}).to_link()


def test_specs_can_be_table_keys_and_cannot_be_changed() -> None:
    assert {FIRST: 1}[RunSpec.from_json(FIRST.to_json())] == 1
    with pytest.raises(ValueError, match="frozen"):
        FIRST.seed = 3  # type: ignore[misc]


WRONG: dict[str, tuple[str, Any]] = {
    "a text for a number": ("training.epochs", "many"),
    "too small a number": ("training.epochs", 0),
    "too large a number": ("training.batch_size", 10**9),
    "a fraction for a whole number": ("seed", 0.5),
    "a negative seed": ("seed", -1),
    "a list for a field": ("dataset.name", ["mnist"]),
    "an unknown field": ("training.speed", 9),
    "an unknown field of a layer": ("network.layers.0.colour", "red"),
    "an unknown layer": ("network.layers.0.kind", "teleport"),
    "a wrong value in a layer": ("network.layers.1.units", 0),
    "an unknown optimizer": ("training.optimizer.kind", "magic"),
    "layers that are no list": ("network.layers", {"0": "dense"}),
    "a path for a data set": ("dataset.name", "../../etc/passwd"),
    "another version": ("version", 2),
    "nothing for a number": ("training.batch_size", None),
    "not a number": ("training.optimizer.learning_rate", float("nan")),
    "an infinite number": ("dataset.validation_share", float("inf")),
    "too small a training set": ("dataset.training_size", 1),
    "too many layers": ("network.layers", [{"kind": "flatten"}] * 501),
}


@pytest.mark.parametrize("path, value", WRONG.values(), ids=list(WRONG))
def test_a_wrong_value_is_refused_and_its_field_named(path: str, value: Any) -> None:
    with pytest.raises(PlaygroundError) as caught:
        RunSpec.from_json(changed(path, value))
    words = [part for part in path.split(".") if not part.isdigit() and part != "kind"]
    assert all(word in caught.value.what for word in words)
    assert caught.value.expected and caught.value.mend
    assert "pydantic" not in str(caught.value) and "\n" not in str(caught.value)


def test_all_wrong_fields_are_named_at_once() -> None:
    text = json.dumps({"seed": -1, "surprise": 1, "training": {"epochs": 0}, "dataset": {"validation_share": 2}})
    with pytest.raises(PlaygroundError) as caught:
        RunSpec.from_json(text)
    for field in ("seed", "surprise", "training.epochs", "dataset.validation_share"):
        assert field in caught.value.what


def test_the_wrong_value_is_shown_when_it_is_short() -> None:
    with pytest.raises(PlaygroundError, match="is 0; allowed"):
        RunSpec.from_json(changed("training.epochs", 0))
    with pytest.raises(PlaygroundError) as caught:
        RunSpec.from_json(changed("dataset.name", "x" * 5000))
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "3",
        '"text"',
        '{"seed": 1,}',
        "[" * 90_000,
        '{"seed": ' + "9" * 5000 + "}",
        "\ud800",
        "\x00",
        "<html>",
    ],
    ids=["empty", "cut off", "null", "list", "number", "text", "comma", "deep", "huge number", "surrogate", "zero", "html"],
)
def test_text_that_is_no_run_is_refused(text: str) -> None:
    with pytest.raises(PlaygroundError):
        RunSpec.from_json(text)


def test_a_huge_text_is_refused_before_it_is_read_with_both_numbers_named() -> None:
    with pytest.raises(PlaygroundError) as caught:
        RunSpec.from_json(" " * (MAX_JSON_CHARACTERS + 1))
    assert f"{MAX_JSON_CHARACTERS + 1:,}" in str(caught.value) and f"{MAX_JSON_CHARACTERS:,}" in str(caught.value)


def test_every_setting_of_a_run_has_words_for_the_form() -> None:
    for model in (DatasetSpec, TrainingSpec, RunSpec):
        for name, field in model.model_fields.items():
            if field.annotation in (int, float, bool, str, int | None):
                assert field.title and field.description, f"{model.__name__}.{name}"
