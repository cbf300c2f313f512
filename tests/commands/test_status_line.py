"""The line at the foot of a terminal."""

from __future__ import annotations

import io

from playground.commands.status_line import StatusLine, bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_that_stays_takes_the_place_of_the_progress() -> None:
    out = Terminal()
    line = StatusLine(out)
    line.show("half")
    line.print("done")
    assert out.getvalue() == "\r\x1b[Khalf\r\x1b[Kdone\n"


def test_the_line_is_not_drawn_more_often_than_the_eye_follows() -> None:
    out = Terminal()
    line = StatusLine(out)
    for number in range(1000):
        line.show(str(number))
    assert out.getvalue().startswith("\r\x1b[K0")
    assert out.getvalue().count("\r") < 1000


def test_a_log_gets_only_the_lines_that_stay() -> None:
    out = io.StringIO()
    line = StatusLine(out)
    line.show("half")
    line.print("done")
    line.clear()
    assert out.getvalue() == "done\n"


def test_the_bar_is_empty_at_first_and_full_at_the_end() -> None:
    assert bar(0) == "[........................]   0%"
    assert bar(0.5) == "[############............]  50%"
    assert bar(1.2) == "[########################] 100%"
