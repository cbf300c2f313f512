"""Trust: when to believe the network, and when not."""

from playground.ui.frame import frame
from playground.ui.trust_page import trust_page

frame("Trust")
trust_page()
