"""Letters drawn by the computer: printed A to Z and a to z, brought into MNIST's form just like a drawing."""

from __future__ import annotations

import string
from collections.abc import Generator

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from playground.drawing import Preparation, prepare
from playground.progress import TaskProgress
from playground.seeds import stream_seed

LETTERS = string.ascii_uppercase + string.ascii_lowercase
VERSIONS = 8  # of each letter
PrintedLetters = tuple[npt.NDArray[np.uint8], tuple[str, ...]]
_SHEET, _SIZE = 240, 130
_DEGREES, _SLANT, _PEN = 12.0, 0.2, 7

_drawn: dict[int, PrintedLetters] = {}


def printed_letter(letter: str, draws: np.random.Generator) -> npt.NDArray[np.uint8]:
    """One letter in the typeface that comes with Pillow (Aileron), slightly turned, slanted and inked: uint8 (28, 28)."""
    sheet = Image.new("L", (_SHEET, _SHEET), 0)
    pen = int(draws.integers(0, _PEN + 1))
    font = ImageFont.load_default(size=_SIZE)
    ImageDraw.Draw(sheet).text((_SHEET / 2, _SHEET / 2), letter, 255, font, anchor="mm", stroke_width=pen)
    slant = float(draws.uniform(-_SLANT, _SLANT))
    slanted = sheet.transform(
        sheet.size, Image.Transform.AFFINE, (1, slant, -slant * _SHEET / 2, 0, 1, 0), Image.Resampling.BICUBIC
    )
    turned = slanted.rotate(float(draws.uniform(-_DEGREES, _DEGREES)), Image.Resampling.BICUBIC)
    return prepare(np.asarray(turned), Preparation(invert=False)).image


def printed_letters(versions: int = VERSIONS) -> Generator[TaskProgress, None, PrintedLetters]:
    """All letters, each in so many versions: uint8 (52 * versions, 1, 28, 28), and which letter each is. Always the same ones,
    drawn once a process."""
    if versions not in _drawn:
        draws = np.random.default_rng(stream_seed(0, "printed letters"))
        images, symbols = [], []
        for number, letter in enumerate(LETTERS * versions):
            yield TaskProgress(number, len(LETTERS) * versions, "drawing letters")
            images.append(printed_letter(letter, draws))
            symbols.append(letter)
        _drawn[versions] = np.stack(images)[:, None], tuple(symbols)
    return _drawn[versions]
