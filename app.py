"""Build & train: the front door. A network stands ready; one click trains it."""

from playground.checks import check
from playground.ui import session
from playground.ui.build_page import build_page
from playground.ui.frame import frame

frame("Build & train")
build_page(check(session.run_spec()), session.run_info())
