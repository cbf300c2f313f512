"""The looks under a run's hood, thinned and packed."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from playground.errors import PlaygroundError
from playground.training.events import LayerMeasures, LayersMeasured
from playground.training.thinning import MAX_MEASURED, add_measured

MAX_BYTES = 16_000_000
_HEAD = struct.Struct("<qq")  # how many looks, and the gap between them
_LOOK = struct.Struct("<qddq")  # step, epoch, learning rate, layers
_LAYER = struct.Struct("<q6d")  # the layer, and its figures in the order of the fields; NaN where there is none


@dataclass
class Measures:
    """At most `MAX_MEASURED` looks, as in `History`."""

    looks: list[LayersMeasured] = field(default_factory=list)
    gap: int = 0

    @property
    def size(self) -> int:
        """In bytes, before it is made small."""
        return _HEAD.size + sum(_LOOK.size + _LAYER.size * len(look.layers) for look in self.looks)

    def add(self, event: LayersMeasured) -> None:
        self.gap = add_measured(self.looks, event, self.gap)

    def rewind(self, step: int) -> None:
        """Forgets what came after `step`."""
        self.looks = [look for look in self.looks if look.step <= step]

    def to_bytes(self) -> bytes:
        """All of it, exactly."""
        parts = [_HEAD.pack(len(self.looks), self.gap)]
        for look in self.looks:
            parts.append(_LOOK.pack(look.step, look.epoch, look.learning_rate, len(look.layers)))
            parts.extend(_packed(layer) for layer in look.layers)
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Measures:
        """Reads what `to_bytes` wrote; nothing at all is what was written before there were looks.

        Raises:
            ValueError, struct.error: it is no such thing.
        """
        if not data:
            return cls()
        count, gap = _HEAD.unpack_from(data)
        if not 0 <= count <= MAX_MEASURED or gap < 0:
            raise ValueError("it holds too many looks under the hood")
        looks, place = [], _HEAD.size
        for _ in range(count):
            step, epoch, learning_rate, layers = _LOOK.unpack_from(data, place)
            place += _LOOK.size
            if not 0 <= layers <= (len(data) - place) // _LAYER.size:
                raise ValueError("its looks under the hood are cut off")
            end = place + layers * _LAYER.size
            looks.append(LayersMeasured(step, epoch, learning_rate, tuple(map(_unpacked, _LAYER.iter_unpack(data[place:end])))))
            place = end
        if place != len(data):
            raise ValueError("its length is wrong")
        return cls(looks, gap)


def require_sound(looks: Sequence[LayersMeasured], num_layers: int) -> None:
    """Whether looks that come from elsewhere can be those of a network with `num_layers` layers.

    Raises:
        PlaygroundError: they cannot.
    """
    steps = (0, *(look.step for look in looks), 2**53)
    if len(looks) > MAX_MEASURED or any(a >= b for a, b in pairwise(steps)):
        raise PlaygroundError(f"Its looks under the hood are in disorder, or more than {MAX_MEASURED}.")
    for look in looks:
        places = (-1, *(layer.layer for layer in look.layers), num_layers)
        if any(a >= b for a, b in pairwise(places)) or not math.isfinite(look.epoch):
            raise PlaygroundError("A look under the hood is not one of its network.")


def _packed(layer: LayerMeasures) -> bytes:
    dead, saturated = (math.nan if share is None else share for share in (layer.dead_share, layer.saturated_share))
    mean, spread = layer.activation_mean, layer.activation_spread
    return _LAYER.pack(layer.layer, layer.gradient_norm, layer.update_ratio, mean, spread, dead, saturated)


def _unpacked(fields: tuple[int, float, float, float, float, float, float]) -> LayerMeasures:
    layer, gradient_norm, update_ratio, mean, spread, *shares = fields
    dead, saturated = (None if math.isnan(share) else share for share in shares)
    return LayerMeasures(layer, gradient_norm, update_ratio, mean, spread, dead, saturated)
