from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest

from playground.figures.diagram import Block, diagram, shape_text, short

NETWORK = (
    Block("MNIST", (1, 28, 28), "input", family="input"),
    Block("Conv 16 @ 3×3", (16, 28, 28), "ReLU", 160, 112_896),
    Block("MaxPool 2", (16, 14, 14), family="shape"),
    Block("Dense 10", (10,), "", 31_370, 31_360, "warning"),
)


class Outline(HTMLParser):
    """The tags and texts of a piece of HTML; it fails on what does not close."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(markup)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        if self.open[-1:] != ["style"] and text.strip():
            self.texts.append(text.strip())

    def cells(self) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.tags if "data-layer" in attributes]


def drawing(block: Block) -> str:
    """The SVG of a block's picture."""
    found = re.search(r"data:image/svg\+xml;base64,([\w+/=]+)", diagram([block]))
    assert found
    return base64.b64decode(found[1]).decode()


def size(block: Block) -> tuple[float, float]:
    found = re.search(r'width="([\d.]+)" height="([\d.]+)"', drawing(block))
    assert found
    return float(found[1]), float(found[2])


def test_every_layer_stands_in_its_place_with_its_shape_and_its_costs() -> None:
    outline = Outline(diagram(NETWORK))
    assert [cell["data-layer"] for cell in outline.cells()] == ["0", "1", "2", "3"]
    text = " ".join(outline.texts)
    for words in ("MNIST", "16×28×28", "ReLU", "160 parameters", "112.9k multiply-adds", "16×14×14", "31.4k parameters"):
        assert words in text
    assert [text.index(block.label) for block in NETWORK] == sorted(text.index(block.label) for block in NETWORK)


def test_what_costs_nothing_says_nothing_of_costs() -> None:
    assert "parameters" not in "".join(Outline(diagram([Block("Flatten", (784,), family="shape")])).texts)


def test_layers_with_findings_are_marked_by_more_than_colour() -> None:
    blocks = [Block("a", (10,)), Block("b", (10,), state="warning"), Block("c", (10,), state="error")]
    outline = Outline(diagram(blocks))
    assert [str(cell["class"]).split()[-1] for cell in outline.cells()] == ["nn-ok", "nn-warning", "nn-error"]
    assert outline.texts.count("!") == 1 and outline.texts.count("✕") == 1


def test_the_network_is_told_in_words_to_those_who_cannot_see_it() -> None:
    row = next(attributes for _, attributes in Outline(diagram(NETWORK)).tags if attributes.get("role") == "img")
    assert row["aria-label"] == (
        "Network: MNIST gives 1×28×28; Conv 16 @ 3×3 gives 16×28×28; MaxPool 2 gives 16×14×14; Dense 10 gives 10"
    )


def test_names_cannot_bring_markup_of_their_own() -> None:
    evil = '"><script>alert(1)</script>'
    outline = Outline(diagram([Block(evil, (10,), evil)]))
    assert all(tag != "script" for tag, _ in outline.tags)
    assert evil in outline.texts


def test_more_channels_draw_thicker_and_larger_images_taller() -> None:
    assert size(Block("", (64, 28, 28)))[0] > size(Block("", (16, 28, 28)))[0]
    assert size(Block("", (16, 28, 28)))[1] > size(Block("", (16, 14, 14)))[1]
    assert size(Block("", (784,)))[1] > size(Block("", (10,)))[1]


@pytest.mark.parametrize("shape", [(1, 1, 1), (4096, 28, 28), (1, 500, 2), (1,), (10_000_000,)])
def test_no_shape_draws_higher_than_the_row(shape: tuple[int, ...]) -> None:
    width, height = size(Block("", shape))
    assert 0 < height <= 66 and 0 < width < 100


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (1290, "1,290"), (9_999, "9,999"), (101_632, "101.6k"), (7_162_240, "7.16M"), (3_200_000_000, "3.20G")],
)
def test_large_numbers_are_shortened(number: int, text: str) -> None:
    assert short(number) == text


@pytest.mark.parametrize(("shape", "text"), [((784,), "784"), ((16, 28, 28), "16×28×28")])
def test_shapes_are_written_with_crosses(shape: tuple[int, ...], text: str) -> None:
    assert shape_text(shape) == text
