"""Labels that no two options share: a field knows its options by what it shows, and runs may have one name."""

from __future__ import annotations

import itertools
from collections.abc import Mapping


def distinct(labels: Mapping[str, str]) -> dict[str, str]:
    """Option -> label; the second of two alike becomes "name (2)"."""
    found: dict[str, str] = {}
    for option, label in labels.items():
        taken = set(found.values())
        numbered = (f"{label} ({number})" for number in itertools.count(2))
        found[option] = label if label not in taken else next(other for other in numbered if other not in taken)
    return found
