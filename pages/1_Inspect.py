"""Inspect: what the network gets right and wrong, and what it looks like inside."""

from playground.ui.frame import frame
from playground.ui.inspect_page import inspect_page

frame("Inspect")
inspect_page()
