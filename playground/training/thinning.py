"""A long row of looks under the hood, thinned: so few that they can be drawn and stored, evenly spread, the latest among them."""

from __future__ import annotations

from playground.training.events import LayersMeasured

MAX_MEASURED = 300


def add_measured(kept: list[LayersMeasured], event: LayersMeasured, gap: int) -> int:
    """Adds the latest look to `kept`, which never grows beyond `MAX_MEASURED`.

    Args:
        gap: at least so many batches lie between two that are kept; 0 at first.

    Returns:
        The gap for the next time.
    """
    if len(kept) > 1 and kept[-1].step - kept[-2].step < gap:
        kept.pop()  # it stood there as the latest only
    kept.append(event)
    if len(kept) > MAX_MEASURED:
        gap = max(gap, 1, -(-2 * (kept[-1].step - kept[0].step) // MAX_MEASURED))
        even = kept[:1]
        for found in kept[1:-1]:
            if found.step - even[-1].step >= gap:
                even.append(found)
        kept[:] = [*even, kept[-1]]
    return gap
