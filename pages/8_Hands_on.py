"""Hands on: change the trained network by hand, and see what becomes of its accuracy."""

from playground.ui.frame import frame
from playground.ui.hands_on_page import hands_on_page

frame("Hands on")
hands_on_page()
