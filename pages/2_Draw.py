"""Draw: a drawing is prepared as MNIST was, and read by a network."""

from playground.ui.draw_views import draw_page
from playground.ui.frame import frame

frame("Draw")
draw_page()
