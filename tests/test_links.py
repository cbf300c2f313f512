"""Runs as links: short, the same run again, and everything else refused in words while nothing is taken over."""

from __future__ import annotations

import base64
import json
import random
import tracemalloc
import zlib
from typing import Any

import pytest

from playground.catalog import FAMILIES
from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.catalog.presets import PRESETS, preset
from playground.errors import PlaygroundError
from playground.lessons import Goal, Lesson
from playground.links import MAX_LINK_CHARACTERS, WORDS, from_link, to_link
from playground.spec import DatasetSpec, EarlyStopping, NetworkSpec, Regularisation, RunSpec, TrainingSpec

FIRST = preset("first-network").run

# Links as they were handed out by this and by the first version. They must mean the same run for ever.
HANDED_OUT: dict[str, str] = {
    "this version's": "1.-FR_SXNvdG9yc2_YPpNtFus094ZjHh7uDTuBePss1jnzkAV2A_G26c4fGGGCQM4KJA4XkLnfw8Oj2b3hmYdHq_tE5wZGDw8A",
    "the first version's": (
        "eNq1kt1q3DAQhd9lrkXwmjR0_SqhmFlr1h5WP0YaO3WXffeOVCdZQgMttHeypPOd46O5wkopcwzQHQwEkpeYLtBdweGmB9A9X-HCwUIHQwxra8"
        "HAmZ3UsycDF0qBXJ_5B0H3xUCWxJYqbEZrOYyqzOhJdTgIryjV7I0qGCa4GTgxKlHSQjdzhTnGV2j7DtXlrsJ17MsdKJc_zXf404ArOrb_P-HZ"
        "oQiF-y1LIZdulsBSErfNX6X4PeXr4z-AHD5Loj8ahGX7APpmgFXJWmX-KPmOK1PqlXyOycNNlRYFM0m5FMp4dOADZ1F_SaigMO7thsU58-uFKr"
        "bPEybdbx7KwCquGNLr37yp6wzHnO9SDEm_ew2f4rypkcNTmQwfo0xV0Tw0SoizsFfrVBGEqYZJKNW0adT2hXicpLc04FY3Dfjolbz48nnUYkiw"
        "revj8X0mLPrSWh4msouj-2wxZH0dKceJxsVhuqvRHXYX1-4LjeW2Pkuc5xq9tKRSXMYSYxc-65vQHIcp19E_oQzT3urTY8lBpN7N7SeFyVkc"
    ),
}


def words_of_specs() -> set[str]:
    """Every field and every kind that a run may have."""
    models: list[Any] = [RunSpec, NetworkSpec, DatasetSpec, TrainingSpec, Regularisation, EarlyStopping, Lesson, Goal]
    entries = [entry for family in FAMILIES.values() for entry in family.values()]
    fields = {name for model in (*models, *entries) for name in model.model_fields}
    return fields | {kind for family in FAMILIES.values() for kind in family}


def first_version(text: str) -> str:
    """A link as the first version wrote it."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def changed(path: str, value: Any) -> dict[str, Any]:
    """The first network as a map, with one value replaced or added."""
    content: dict[str, Any] = json.loads(FIRST.to_json())
    *parents, last = path.split(".")
    place: Any = content
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    place[last] = value
    return content


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.slug)
def test_every_preset_comes_back_and_fits_into_a_small_qr_code(entry: Any) -> None:
    link = entry.run.to_link()
    assert RunSpec.from_link(link) == entry.run
    assert len(link) < 200
    assert link.startswith("1.") and link[2:].replace("-", "").replace("_", "").isalnum()


def test_links_of_the_first_version_still_open() -> None:
    for entry in PRESETS:
        assert RunSpec.from_link(first_version(entry.run.to_json())) == entry.run


def test_links_that_were_handed_out_mean_the_same_run_for_ever() -> None:
    for name, link in HANDED_OUT.items():
        assert RunSpec.from_link(link) == preset("lenet-5").run, name


def test_the_list_of_words_has_no_word_twice_and_all_that_runs_and_lessons_need() -> None:
    assert len(set(WORDS)) == len(WORDS)
    assert words_of_specs() <= set(WORDS), "add the new words at the end of the list"


PLACES_IN_USE, CHECKSUM_OF_WORDS = 174, 547756388


def test_the_order_of_the_words_is_kept() -> None:
    """A word moved or removed would change what older links mean. At its end the list may grow."""
    assert zlib.crc32(" ".join(WORDS[:PLACES_IN_USE]).encode()) == CHECKSUM_OF_WORDS


def test_defaults_are_left_out_and_old_field_sets_get_them() -> None:
    assert from_link(RunSpec().to_link()) == "{}"
    old = {"network": {"layers": [{"kind": "flatten"}]}, "training": {"optimizer": {"kind": "sgd"}}}
    assert RunSpec.from_link(to_link(old)) == RunSpec.model_validate(old)


def test_any_value_comes_back_exactly() -> None:
    draw = random.Random(0)
    floats = [0.0, 1e-300, 1e300, 0.1 + 0.2, 5e-324, *(draw.uniform(-1, 1) * 10 ** draw.randint(-20, 20) for _ in range(500))]
    integers = [0, 63, 64, -1, 2**31 - 1, *(draw.randint(-(2**60), 2**60) for _ in range(200))]
    content = {"floats": floats, "integers": integers, "text": "Größe ≥ 3 🙂", "kind": "dense", "no": [None, True, False, {}, []]}
    assert json.loads(from_link(to_link(content))) == content


def test_a_large_network_still_fits_into_an_address() -> None:
    layers = (*(Conv2d(filters=i + 1) for i in range(50)), Flatten(), *(Dense(units=i + 1) for i in range(9)))
    run = RunSpec(network=NetworkSpec(layers=layers))
    assert RunSpec.from_link(run.to_link()) == run and len(run.to_link()) < 600


# --- what bad links get ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [FIRST.to_link(), first_version(FIRST.to_json())], ids=["now", "first version"])
def test_a_link_cut_off_anywhere_is_refused(link: str) -> None:
    for kept in range(len(link)):
        with pytest.raises(PlaygroundError):
            RunSpec.from_link(link[:kept])
    with pytest.raises(PlaygroundError, match="Copy the whole link again"):
        RunSpec.from_link(link[:-1])


@pytest.mark.parametrize("link", [FIRST.to_link(), first_version(FIRST.to_json())], ids=["now", "first version"])
def test_a_letter_changed_anywhere_is_noticed(link: str) -> None:
    for place in range(2, len(link)):
        damaged = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        with pytest.raises(PlaygroundError):
            RunSpec.from_link(damaged)


@pytest.mark.parametrize(
    "link",
    ["", " ", "a b", "ä", "\ud800", "%%%", "AAAA", "=" * 8, "../x", "1.", "0.AAAA", "1.AAAA", "1.%", "1.1.AAAA", "-1.AAAA"],
)
def test_a_link_that_is_none_is_refused(link: str) -> None:
    with pytest.raises(PlaygroundError, match="cannot be read"):
        RunSpec.from_link(link)


def test_random_bytes_with_a_right_checksum_never_do_more_than_be_refused() -> None:
    draw = random.Random(1)
    for _ in range(3000):
        packed = bytes(draw.choice([draw.randrange(256), 70, 71, 72, 130]) for _ in range(draw.randrange(40)))
        content = zlib.crc32(packed).to_bytes(4, "big")[1:] + packed
        with pytest.raises(PlaygroundError):
            RunSpec.from_link("1." + base64.urlsafe_b64encode(b"\x00" + content).decode().rstrip("="))
        link = "1." + base64.urlsafe_b64encode(content).decode().rstrip("=")
        try:
            RunSpec.from_link(link)
        except PlaygroundError:
            continue


def test_a_link_of_a_newer_version_says_so() -> None:
    with pytest.raises(PlaygroundError, match="newer playground .version 7.*up to version 1"):
        RunSpec.from_link("7." + FIRST.to_link()[2:])
    with pytest.raises(PlaygroundError, match="Version .version. is 2; allowed: 1.* newer playground"):
        RunSpec.from_link(to_link(changed("version", 2)))


def test_a_word_from_a_newer_list_says_so() -> None:
    packed = bytes([71, 255, 127, 1, 72])  # a map whose first key is the word after the 127 + 127 first ones
    link = "1." + base64.urlsafe_b64encode(zlib.crc32(packed).to_bytes(4, "big")[1:] + packed).decode().rstrip("=")
    with pytest.raises(PlaygroundError, match="newer playground"):
        RunSpec.from_link(link)


def test_an_oversized_link_is_refused_with_both_numbers_named() -> None:
    with pytest.raises(PlaygroundError) as caught:
        RunSpec.from_link("1." + "A" * MAX_LINK_CHARACTERS)
    assert f"{MAX_LINK_CHARACTERS + 2:,}" in str(caught.value) and f"{MAX_LINK_CHARACTERS:,}" in str(caught.value)


def bomb(version: int) -> str:
    if version == 0:
        return base64.urlsafe_b64encode(zlib.compress(b" " * 10_000_000, 9)).decode().rstrip("=")
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"\x49" + deflater.compress(b"\x46" * 10_000_000) + deflater.flush()
    return "1." + base64.urlsafe_b64encode(zlib.crc32(packed).to_bytes(4, "big")[1:] + packed).decode().rstrip("=")


@pytest.mark.parametrize("version", [0, 1])
def test_a_link_that_unpacks_into_something_huge_is_refused_unread(version: int) -> None:
    link = bomb(version)
    assert len(link) < MAX_LINK_CHARACTERS
    tracemalloc.start()
    try:
        with pytest.raises(PlaygroundError):
            RunSpec.from_link(link)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


WRONG: dict[str, tuple[str, Any, str]] = {
    "too large a rate": (
        "training.optimizer.learning_rate",
        50,
        "Learning rate (training.optimizer.learning_rate) is 50; allowed: a number more than 0 up to 10",
    ),
    "no epochs": ("training.epochs", 0, "Epochs (training.epochs) is 0; allowed: a whole number from 1 to 100,000"),
    "a fraction": ("seed", 0.5, "Seed (seed) is 0.5; allowed: a whole number from 0 to 2,147,483,647"),
    "no neurons": (
        "network.layers.1.units",
        0,
        "Neurons of layer 2 (network.layers.1.units) is 0; allowed: a whole number from 1 to 4,096",
    ),
    "another layer": ("network.layers.1.kind", "teleport", 'Layer 2 (network.layers.1) is "teleport"; allowed: dense, conv2d, '),
    "another optimizer": ("training.optimizer.kind", "magic", 'Optimizer (training.optimizer) is "magic"; allowed: sgd, adam, '),
    "too much": (
        "dataset.validation_share",
        0.7,
        "Validation share (dataset.validation_share) is 0.7; allowed: a number from 0 to 0.5",
    ),
    "too few": ("dataset.training_size", 3, "is 3; allowed: a whole number from 20 to 1,000,000 or nothing"),
    "a path": ("dataset.name", "../passwd", 'is "../passwd"; allowed: small letters, digits and hyphens'),
    "no truth": ("dataset.normalise", "maybe", 'Normalise (dataset.normalise) is "maybe"; allowed: true or false'),
    "unknown": ("training.epoch", 3, "training.epoch is no field that is known here; perhaps 'epochs' was meant"),
    "nothing": (
        "training.batch_size",
        None,
        "Batch size (training.batch_size) is nothing; allowed: a whole number from 1 to 4,096",
    ),
    "many": ("network.layers", [{"kind": "flatten"}] * 501, "has 501 entries; allowed: a list of at most 500 entries"),
}


@pytest.mark.parametrize(("path", "value", "words"), WRONG.values(), ids=list(WRONG))
@pytest.mark.parametrize("form", ["now", "first version"])
def test_a_wrong_value_is_named_with_its_title_and_what_is_allowed(path: str, value: Any, words: str, form: str) -> None:
    content = changed(path, value)
    link = to_link(content) if form == "now" else first_version(json.dumps(content))
    with pytest.raises(PlaygroundError) as caught:
        RunSpec.from_link(link)
    assert words in caught.value.what
    assert caught.value.expected and caught.value.mend
    assert "pydantic" not in str(caught.value) and "\n" not in str(caught.value)


def test_all_wrong_values_are_named_at_once() -> None:
    content = {"seed": -1, "surprise": 1, "training": {"epochs": 0}, "dataset": {"validation_share": 2}}
    with pytest.raises(PlaygroundError) as caught:
        RunSpec.from_link(to_link(content))
    for field in ("Seed (seed)", "surprise", "Epochs (training.epochs)", "Validation share (dataset.validation_share)"):
        assert field in caught.value.what
