"""The small network that comes trained with the playground, so that drawings can be read before anything was trained.

Made in the repository's root, with full MNIST in the data folder, by

    python -m playground train --threads 1 --spec playground/assets/first-reader.json \\
        --save playground/assets/first-reader.safetensors

Its digits are turned, moved, zoomed and slanted while it learns, because drawings on a screen are less tidy than MNIST's.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from playground.errors import PlaygroundError
from playground.training.saved import SavedNetwork

SHIPPED_FILE = Path(__file__).parents[1] / "assets" / "first-reader.safetensors"


@lru_cache(maxsize=1)
def shipped_network() -> SavedNetwork:
    """The shipped network, read once.

    Raises:
        PlaygroundError: its file is not there, or damaged.
    """
    try:
        content = SHIPPED_FILE.read_bytes()
    except OSError as problem:
        raise PlaygroundError(
            f"The network that comes with the playground cannot be read ({problem.strerror}).",
            f"It was expected at {SHIPPED_FILE}.",
            "Install the playground again, or train a network of your own.",
        ) from None
    return SavedNetwork.from_bytes(content)
