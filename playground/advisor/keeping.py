"""What was said a moment ago stays for a while, so that the advice does not flicker with the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from playground.advisor.advice import Advice
from playground.advisor.rules import covers, ordered

LINGER_BATCHES = 100


@dataclass
class Keeper:
    """The advice on one run while it trains."""

    _said: dict[str, tuple[Advice, int]] = field(default_factory=dict)

    def update(self, found: Sequence[Advice], step: int, is_over: bool = False) -> tuple[Advice, ...]:
        """What to show.

        Args:
            found: what the rules say now.
            step: batches learned from.
            is_over: of a run that is over nothing will change any more, and only what is found counts.
        """
        now = {advice.name: (advice, step) for advice in found}
        for name, (advice, last) in self._said.items():
            stale = is_over or step < last or step - last >= LINGER_BATCHES
            if name not in now and not stale and not any(covers(new, advice) or covers(advice, new) for new in found):
                now[name] = (advice, last)
        self._said = now
        return ordered([advice for advice, _ in now.values()])
