"""Step by step: the arithmetic of the network with its real numbers, forwards and backwards."""

from playground.ui.frame import frame
from playground.ui.steps_page import steps_page

frame("Step by step")
steps_page()
