"""What a search finds a run by."""

from __future__ import annotations

from functools import lru_cache

from playground.errors import PlaygroundError
from playground.spec import RunSpec


@lru_cache(256)
def spec_words(spec_json: str) -> str:
    """What a search finds a run's spec by, in lower case: data set, layers, loss, optimizer, and so on."""
    try:
        run = RunSpec.from_json(spec_json)
    except PlaygroundError:
        return ""
    training = run.training
    entries = [*run.network.layers, run.network.initialisation, training.loss, training.optimizer, training.schedule]
    entries += training.augmentation
    words = [run.dataset.name, f"seed {run.seed}"]
    for entry in entries:
        words += [entry.label(), entry.title, getattr(entry, "kind", "")]
        words += [entry.activation.label()] if hasattr(entry, "activation") else []
    if training.regularisation.early_stopping:
        words.append("early stopping")
    return searchable(" ".join(dict.fromkeys(words)))


def plain(text: str, most: int) -> str:
    """Text that every database takes: no NUL, no halves of characters, and not endless."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:most]


def text_words(name: str, note: str) -> str:
    """What a search finds a run by that the user wrote, in lower case."""
    return searchable(f"{name} {note}")


def searchable(text: str) -> str:
    """Text as it is stored for a search, and as the words of a search are before they are looked for."""
    return text.casefold().replace("×", "x")
