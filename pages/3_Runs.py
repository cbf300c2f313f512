"""Runs: everything that this visitor has trained, kept, to be found again, compared and taken home."""

from playground.ui.frame import frame
from playground.ui.runs_page import runs_page

frame("Runs")
runs_page()
