"""Experiments as short texts for an address: words of a fixed list as one byte, in base64 that is safe in an address.

A link is `1.` and the base64 of a checksum (3 bytes) and a packed value. Packed, a number or a word of `WORDS` mostly is one
byte, so that a network fits into a QR code that can be read from the back of a classroom. Links without a version are of the
first form, deflated JSON, and are still read.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from typing import Any

from pydantic import BaseModel

from playground.errors import PlaygroundError

VERSION = 1
MAX_LINK_CHARACTERS = 20_000
MAX_UNPACKED = 20_000
MAX_FIRST_UNPACKED = 100_000  # of the first form
MAX_DEPTH = 20
_CHECKSUM_BYTES = 3

# Links hold a word's place in this list. So it only ever grows at its end: a word moved would change all links.
_WORDS_IN_ORDER = """
    kind network layers initialisation dataset training seed name training_size validation_share normalise loss optimizer
    schedule regularisation augmentation epochs batch_size l1 l2 early_stopping patience activation units bias filters
    kernel_size stride padding same valid pool_size rate function label_smoothing margin learning_rate weight_decay momentum
    nesterov beta2 alpha rho every gamma warmup start degrees distance percent direction horizontal vertical strength
    dense conv2d max_pool avg_pool global_avg_pool flatten dropout batch_norm layer_norm
    identity relu leaky_relu elu gelu silu sigmoid tanh softmax log_softmax softplus
    cross_entropy cross_entropy_one_hot binary_cross_entropy mean_squared_error multi_margin negative_log_likelihood
    sgd adam adamw rmsprop adagrad adadelta nadam adamax
    constant step exponential cosine one_cycle reduce_on_plateau warm_up then negative_slope standard_deviation
    default he_normal he_uniform xavier_normal xavier_uniform normal zeros
    rotation shift zoom shear flip noise mnist mnist-5k fashion-mnist
    run title text locked hidden_pages goal min_accuracy max_parameters max_epochs max_seconds presets
    folds fold
    inspect draw version runs compare experiments
    frozen_layers
    one_class points num_points train_share classes inputs painted
    x1 x2 x1_squared x2_squared x1_times_x2 sin_x1 sin_x2
    circles xor gaussians spiral moons blobs plane multi-gaussian sine painted-values
    iris wine breast-cancer diabetes
    binary_cross_entropy_logits huber delta
    explain steps hands_on trust maps ingredients
    view discrete show_test
"""
WORDS: tuple[str, ...] = tuple(_WORDS_IN_ORDER.split())
_PLACES = {word: place for place, word in enumerate(WORDS)}

# The first byte of a value. Below 64 it is that number itself; from 128 on a word, the last of them being `_WORD` + more.
_NULL, _FALSE, _TRUE, _INTEGER, _DECIMAL, _TEXT, _LIST, _MAP, _END, _DEFLATED = range(64, 74)
_FIRST_WORD, _WORD = 128, 255
_CONSTANTS = {_NULL: None, _FALSE: False, _TRUE: True}


def essential(model: BaseModel) -> dict[str, Any]:
    """A model's fields that differ from their defaults, and every `kind`: lists, maps, texts and numbers only."""
    found: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name == "kind" or value != field.get_default(call_default_factory=True):
            found[name] = _plain(value)
    return found


def to_link(content: dict[str, Any]) -> str:
    """A map of plain values as text of letters, digits, `-`, `_` and one dot."""
    packed = bytearray()
    _pack(content, packed)
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = bytes([_DEFLATED]) + deflater.compress(bytes(packed)) + deflater.flush()
    shorter = min(bytes(packed), deflated, key=len)
    return f"{VERSION}." + base64.urlsafe_b64encode(_checksum(shorter) + shorter).decode().rstrip("=")


def from_link(text: str, what: str = "run") -> str:
    """The JSON of what `to_link` wrote, or the first version's `RunSpec.to_link`.

    Args:
        what: what the link holds, for the words of an error.

    Raises:
        PlaygroundError: the text is cut off, too long, from a newer version, or no such link.
    """
    if len(text) > MAX_LINK_CHARACTERS:
        raise PlaygroundError(
            f"The {what} in this link has {len(text):,} characters.",
            f"At most {MAX_LINK_CHARACTERS:,} are read.",
            "Copy the link again.",
        )
    numbered = re.fullmatch(r"(\d{1,6})\.(.*)", text, re.ASCII | re.DOTALL)
    if numbered and int(numbered[1]) > VERSION:
        raise _newer(f"version {int(numbered[1])}")
    try:
        if numbered is None:
            return _inflate(_bytes(text), zlib.MAX_WBITS, MAX_FIRST_UNPACKED).decode()
        if int(numbered[1]) != VERSION:
            raise ValueError("there is no such version")
        content = _bytes(numbered[2])
        packed = content[_CHECKSUM_BYTES:]
        if _checksum(packed) != content[:_CHECKSUM_BYTES]:
            raise ValueError("damaged")
        if packed[:1] == bytes([_DEFLATED]):
            packed = _inflate(packed[1:], -15, MAX_UNPACKED)
        return json.dumps(_Unpacking(packed).all())
    except (ValueError, IndexError, OverflowError, binascii.Error, zlib.error):  # a UnicodeError is a ValueError
        raise PlaygroundError(
            f"The {what} in this link cannot be read.", "It is cut off or damaged.", "Copy the whole link again."
        ) from None


def _newer(which: str) -> PlaygroundError:
    return PlaygroundError(
        f"This link was made by a newer playground ({which}).",
        f"This one reads links up to version {VERSION}.",
        "Ask for an update of this server, or for a link that was made here.",
    )


def _bytes(text: str) -> bytes:
    found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(found).decode().rstrip("=") != text:
        raise ValueError("the last letter is not one that would have been written")
    return found


def _inflate(deflated: bytes, window_bits: int, limit: int) -> bytes:
    unpacker = zlib.decompressobj(window_bits)
    plain = unpacker.decompress(deflated, limit)
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("truncated or oversized")
    return plain


def _checksum(packed: bytes) -> bytes:
    return zlib.crc32(packed).to_bytes(4, "big")[-_CHECKSUM_BYTES:]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return essential(value)
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


def _pack(value: Any, out: bytearray) -> None:
    if value is None or isinstance(value, bool):
        out.append(_NULL if value is None else _TRUE if value else _FALSE)
    elif isinstance(value, int):
        out += bytes([value]) if 0 <= value < _NULL else bytes([_INTEGER]) + _signed(value)
    elif isinstance(value, float):
        # repr gives the shortest decimal digits that are this very number.
        digits, _, exponent = repr(value).partition("e")
        whole, _, fraction = digits.partition(".")
        fraction = fraction.rstrip("0")
        out += bytes([_DECIMAL]) + _signed(int(whole + fraction)) + _signed(int(exponent or 0) - len(fraction))
    elif isinstance(value, str):
        _pack_text(value, out)
    elif isinstance(value, dict):
        out.append(_MAP)
        for key, each in value.items():
            _pack_text(key, out)
            _pack(each, out)
        out.append(_END)
    else:
        out.append(_LIST)
        for each in value:
            _pack(each, out)
        out.append(_END)


def _pack_text(text: str, out: bytearray) -> None:
    place = _PLACES.get(text)
    if place is None:
        encoded = text.encode()
        out += bytes([_TEXT]) + _unsigned(len(encoded)) + encoded
    elif place < _WORD - _FIRST_WORD:
        out.append(_FIRST_WORD + place)
    else:
        out += bytes([_WORD]) + _unsigned(place - (_WORD - _FIRST_WORD))


def _unsigned(value: int) -> bytes:
    """Seven bits a byte, lowest first; the highest bit says that more follow."""
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _unsigned(rest) if rest else bytes([low])


def _signed(value: int) -> bytes:
    return _unsigned(2 * value if value >= 0 else -2 * value - 1)


class _Unpacking:
    """Reads packed values one after the other. Whatever the bytes are, it ends with a value, a ValueError or an IndexError."""

    def __init__(self, packed: bytes) -> None:
        self.packed, self.place = packed, 0

    def all(self) -> Any:
        value = self.value(0)
        if self.place != len(self.packed) or not isinstance(value, dict):
            raise ValueError("not one map")
        return value

    def value(self, depth: int) -> Any:
        first = self._byte()
        if first < _NULL:
            return first
        if first >= _FIRST_WORD:
            return self._word(first)
        if first in (_LIST, _MAP) and depth < MAX_DEPTH:
            values = []
            while self.packed[self.place] != _END:
                values.append(self.value(depth + 1))
            self.place += 1
            return values if first == _LIST else self._map(values)
        if first == _TEXT:
            size = self._unsigned()
            self.place += size
            if self.place > len(self.packed):
                raise ValueError("cut off")
            return self.packed[self.place - size : self.place].decode()
        if first == _INTEGER:
            return self._signed()
        if first == _DECIMAL:
            value = float(f"{self._signed()}e{self._signed()}")
            if not math.isfinite(value):
                raise ValueError("no number")
            return value
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        raise ValueError("no such value")

    def _map(self, values: list[Any]) -> dict[str, Any]:
        if len(values) % 2 or not all(isinstance(key, str) for key in values[::2]):
            raise ValueError("no map")
        return dict(zip(values[::2], values[1::2], strict=True))

    def _word(self, first: int) -> str:
        place = first - _FIRST_WORD if first < _WORD else _WORD - _FIRST_WORD + self._unsigned()
        if place >= len(WORDS):
            raise _newer("it holds words that are not known here")
        return WORDS[place]

    def _byte(self) -> int:
        self.place += 1
        return self.packed[self.place - 1]

    def _unsigned(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("too large a number")

    def _signed(self) -> int:
        value = self._unsigned()
        return value // 2 if value % 2 == 0 else -(value + 1) // 2
