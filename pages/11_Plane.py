"""Points in the plane: a small network, all of it on one screen, while it learns."""

from playground.ui import plane_state
from playground.ui.frame import frame
from playground.ui.plane_page import plane_page

plane_state.arrive()
frame("Points in the plane")
plane_page()
