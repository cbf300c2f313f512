"""The image, or the row of a table, that a network is asked about: what it is, and how the page shows it."""

from __future__ import annotations

import html
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from numpy.typing import NDArray

from playground.data import Dataset
from playground.data.sources import Source
from playground.figures.images import data_uri, to_png
from playground.insight.networks import TrainedNetwork
from playground.ui.data_words import noun

IMAGE_PIXELS = 112

# As many numbers beside one another as there is room for; a name too long for its place goes on in a second line.
_ROW_STYLE = """<style>
.chosen-row {display: grid; grid-template-columns: repeat(auto-fill, minmax(min(14rem, 44%), 1fr)); gap: .1rem 1.5rem;
  font-size: .9rem; line-height: 1.35;}
.chosen-row div {display: flex; justify-content: space-between; align-items: baseline; gap: .5rem; min-width: 0;}
.chosen-row span {min-width: 0; overflow-wrap: anywhere; opacity: .8;}
.chosen-row b {font-variant-numeric: tabular-nums;}
</style>"""


@dataclass(frozen=True, eq=False)
class ChosenImage:
    """One image, or one row of a table, to ask the network about.

    Attributes:
        pixels: uint8 (channels, height, width), as in the data set; or the numbers of a row, float32 (columns,).
        label: its true class; None for a drawing, and for a regression.
        target: what a regression should tell, in its own unit; else None.
        words: what it is, such as "test image 17, a 3".
        key: tells it from every other image; a part of `tasks.ask` questions.
    """

    pixels: NDArray[Any]
    label: int | None
    words: str
    key: Hashable
    target: float | None = None

    def inputs(self, network: TrainedNetwork) -> torch.Tensor:
        """What reaches the first layer: float32 (1, channels, height, width) or (1, columns)."""
        return network.batches.inputs(torch.from_numpy(self.pixels)[None])


def test_example(dataset: Dataset, source: Source, index: int, read_as: str = "") -> ChosenImage:
    """One example of the test set.

    Args:
        read_as: what the network takes it for, where that is worth saying.
    """
    values = dataset.x_test[index].numpy()
    words, key = f"test {noun(source, False)} {index}", ("test", dataset.title, index)
    if not dataset.num_classes:
        target = float(dataset.y_test[index, 0])
        return ChosenImage(values, None, f"{words}, {target:.4g}", key, target)
    label = int(dataset.y_test[index])
    said = f" {'read as' if source.is_images else 'called'} “{read_as}”" if read_as else ""
    return ChosenImage(values, label, f"{words}, “{dataset.class_names[label]}”{said}", key)


def beside(image: ChosenImage) -> st.delta_generator.DeltaGenerator:
    """Shows the image, and returns the place beside it. A row needs more room: the page shows it with `row_values`."""
    if image.pixels.ndim != 3:
        return st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width=IMAGE_PIXELS):
            st.html(_picture(image))
        return st.container(width="stretch")


def row_values(image: ChosenImage, source: Source) -> None:
    """All numbers of a row, each with the whole name of its column; nothing of a picture."""
    if image.pixels.ndim == 1:
        st.html(_row(image, source.feature_names))


def sentence(words: str) -> str:
    """The words with a capital letter first."""
    return words[:1].upper() + words[1:]


def _picture(image: ChosenImage) -> str:
    # One channel as grey, three as colours.
    pixels = image.pixels[0] if len(image.pixels) == 1 else image.pixels.transpose(1, 2, 0)
    style = f"width:{IMAGE_PIXELS}px; border-radius:4px; image-rendering:pixelated; display:block"
    return f'<img style="{style}" src="{data_uri(to_png(pixels))}" alt="{html.escape(sentence(image.words))}">'


def _row(image: ChosenImage, names: tuple[str, ...]) -> str:
    lines = [
        f"<div><span>{html.escape(name)}</span><b>{value:.4g}</b></div>" for name, value in zip(names, image.pixels, strict=True)
    ]
    return f'{_ROW_STYLE}<div class="chosen-row">{"".join(lines)}</div>'
