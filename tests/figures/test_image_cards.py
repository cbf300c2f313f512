from __future__ import annotations

import base64
import io
import re

import numpy as np
from PIL import Image

from playground.figures.image_cards import ImageCard, image_cards, percent

NAMES = ("zero", "one", "<two>", "three", "four")


def _card(true: int = 1, predicted: int = 3, channels: int = 1) -> ImageCard:
    image = np.arange(channels * 4, dtype=np.uint8).reshape(channels, 2, 2)
    return ImageCard(image, true, predicted, np.array([0.1, 0.02, 0.13, 0.7, 0.05], np.float32))


def test_the_caption_says_what_it_is_what_was_read_and_how_sure() -> None:
    assert _card().caption(NAMES) == "one read as three · 70\u00a0%"


def test_a_card_shows_the_likeliest_classes_and_always_the_true_one() -> None:
    html = image_cards([_card()], NAMES)
    assert re.findall(r'card-name">(.*?)</span>', html) == ["three", "&lt;two&gt;", "one ✓"]
    assert re.findall(r"width:([\d.]+)%;background", html) == ["70.0", "13.0", "2.0"]


def test_names_cannot_bring_html_of_their_own_into_the_page() -> None:
    assert "<two>" not in image_cards([_card(true=2)], NAMES)


def test_the_picture_holds_the_images_own_pixels() -> None:
    for channels, mode in ((1, "L"), (3, "RGB")):
        card = _card(channels=channels)
        (data,) = re.findall(r"base64,([^\"]+)", image_cards([card], NAMES))
        picture = Image.open(io.BytesIO(base64.b64decode(data)))
        assert picture.mode == mode
        pixels = np.asarray(picture).reshape(2, 2, channels)
        np.testing.assert_array_equal(np.moveaxis(pixels, -1, 0), card.image)


def test_nearly_certain_is_not_written_as_certain() -> None:
    space = "\u00a0"
    expected = {1.0: "100", 0.99996: f">{space}99.9", 0.997: "99.7", 0.87: "87", 0.004: f"<{space}1", 0.0: "0"}
    assert {share: percent(share) for share in expected} == {share: f"{text}{space}%" for share, text in expected.items()}
    assert percent(float("nan")) == "no number"
