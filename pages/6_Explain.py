"""Explain: what each layer makes of one image, and why the network answers what it answers."""

from playground.ui.explain_page import explain_page
from playground.ui.frame import frame

frame("Explain")
explain_page()
