"""Plotly figures as JSON that is small and quick to write: arrays become base64, not decimal digits."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np


def encode_arrays(value: Any) -> Any:
    """`value` with every 1-D numpy array as plotly's typed array {"dtype": "f4", "bdata": base64}; copies nothing else.

    Float32 keeps seven digits, more than a screen can show; NaN, which JSON has not, survives and draws a gap.
    """
    if isinstance(value, np.ndarray):
        return {"dtype": "f4", "bdata": base64.b64encode(value.astype("<f4").tobytes()).decode("ascii")}
    if isinstance(value, dict):
        return {key: encode_arrays(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode_arrays(entry) for entry in value]
    return value
