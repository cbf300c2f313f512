"""Numbers as one writes them by hand: "−0.0231", "3.1×10⁻¹⁹"."""

from __future__ import annotations

import math
import re

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# A negative number behind an operator.
_NEGATIVE = re.compile(r"(?<=[·+−/] )(−[\d.]+(?:×10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)?)")


def written(value: float, digits: int = 4) -> str:
    """So many significant digits, a true minus sign, and powers of ten for what is very large or very small."""
    if not math.isfinite(value):
        return "no number"
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return text.replace("-", "−")
    mantissa, exponent = text.split("e")
    return f"{mantissa.replace('-', '−')}×10{str(int(exponent)).translate(_RAISED)}"


def bracketed(worked: str) -> str:
    """Puts negative numbers behind an operator into brackets: "0.1 · −0.5" becomes "0.1 · (−0.5)"."""
    return _NEGATIVE.sub(r"(\1)", worked)
