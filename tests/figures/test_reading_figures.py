"""The answer in words and bars. The HTML is read back with the standard library's parser."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from playground.figures.reading import Words, answer_panel, answer_words, named, percent, probability_bars, step_picture

DIGITS = tuple("0123456789")


class _Text(HTMLParser):
    """All tags with their attributes, and the text of each class."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _shares(*pairs: tuple[int, float]) -> np.ndarray:
    shares = np.zeros(10)
    for index, share in pairs:
        shares[index] = share
    return shares


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "> 99.9 %"), (0.9999, "> 99.9 %"), (0.998, "99.8 %"), (0.98, "98 %"), (0.5, "50 %"), (0.001, "< 1 %"), (0.0, "0 %")],
)
def test_a_share_is_never_rounded_up_to_certainty(share: float, words: str) -> None:
    assert percent(share) == words


def test_names_get_their_article() -> None:
    assert [named(name) for name in ("7", "8", "B", "F", "Sneaker")] == ["a 7", "an 8", "“B”", "“F”", "“Sneaker”"]


def test_the_answer_says_how_sure_it_is() -> None:
    assert answer_words(_shares((7, 0.98), (1, 0.02)), DIGITS) == Words("This is", "a 7", "98 % sure")
    assert answer_words(_shares((7, 0.7), (1, 0.3)), DIGITS) == Words("This is probably", "a 7", "70 % sure")
    assert answer_words(_shares((1, 0.38), (8, 0.45), (2, 0.17)), DIGITS) == Words("Not sure:", "an 8 or a 1?", "45 % and 38 %")


def test_a_bar_is_as_long_as_its_probability_and_only_the_likeliest_stands_out() -> None:
    markup = probability_bars(_shares((7, 0.75), (1, 0.25)), DIGITS)
    assert [float(width) for width in re.findall(r"width:([\d.]+)%\"", markup)] == [0, 25, 0, 0, 0, 0, 0, 75, 0, 0]
    classes = [attributes.get("class") for _, attributes in _Text(markup).tags]
    assert classes.count("bar top") == 1 and classes.count("bar") == 9
    assert 'aria-label="Probabilities: most likely 7, 75 %"' in markup


def test_without_an_answer_the_same_bars_are_empty() -> None:
    full, empty = (_Text(probability_bars(shares, DIGITS)).tags for shares in (_shares((7, 1.0)), None))
    assert len(full) == len(empty)
    assert "No probabilities yet" in probability_bars(None, DIGITS)


def test_many_classes_stand_in_two_columns() -> None:
    letters = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert "grid-template-rows:repeat(13,auto)" in probability_bars(None, letters)
    assert "grid-template-rows:repeat(10,auto)" in probability_bars(None, DIGITS)


def test_the_right_answer_gets_a_tick() -> None:
    assert "3 ✓" in _Text(probability_bars(_shares((7, 1.0)), DIGITS, true_class=3)).text


def test_names_and_words_cannot_break_the_page() -> None:
    evil = '<img src=x onerror="alert(1)">'
    for markup in (
        probability_bars([0.5, 0.5], (evil, "b")),
        answer_panel(None, Words(evil, evil, evil), evil),
        step_picture(np.zeros((28, 28), np.uint8), True, evil),
    ):
        assert "onerror" not in {name for _, attributes in _Text(markup).tags for name in attributes}


def test_a_wrong_number_of_probabilities_is_an_error() -> None:
    with pytest.raises(ValueError, match="10 classes"):
        probability_bars([0.5, 0.5], DIGITS)
