"""The server's limits: kept to the last unit, and a refusal names both numbers."""

from __future__ import annotations

import pytest

from playground import settings
from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.checks import check
from playground.spec import NetworkSpec, RunSpec, TrainingSpec

SCORES = Dense(units=10, activation=Identity())


def run_of(*layers: object, **training: object) -> RunSpec:
    return RunSpec(network=NetworkSpec(layers=layers or (Flatten(), SCORES)), training=TrainingSpec(**training))


LIMITS: dict[str, tuple[RunSpec, int, int]] = {
    # A run, a limit just met, and what the run has of it.
    "max_layers": (run_of(Flatten(), Dense(units=16), SCORES), 3, 3),
    "max_parameters": (run_of(), 7850, 7850),
    "max_multiply_adds": (run_of(), 7840, 7840),
    "max_epochs": (run_of(epochs=7), 7, 7),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_kept_to_the_last_unit_and_both_numbers_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run, limit, value = LIMITS[name]
    monkeypatch.setenv(f"PLAYGROUND_{name.upper()}", str(limit))
    assert check(run).errors == ()
    monkeypatch.setenv(f"PLAYGROUND_{name.upper()}", str(limit - 1))
    (found,) = check(run).errors
    assert f"{value:,}" in found.message and f"{limit - 1:,}" in found.message and f"PLAYGROUND_{name.upper()}" in found.message


def test_memory_is_limited_too() -> None:
    run = run_of(Conv2d(filters=512), Flatten(), SCORES, batch_size=4096)
    messages = [finding.message for finding in check(run).errors]
    assert any("megabytes" in message and f"{settings.number('max_memory_mb'):,}" in message for message in messages)
