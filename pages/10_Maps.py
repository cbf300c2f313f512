"""Maps: the images as the network sees them, and the landscape that its training went through."""

from playground.ui.frame import frame
from playground.ui.maps_page import maps_page

frame("Maps")
maps_page()
