"""Experiments: is a difference real, which settings are best, how much hangs on the split?"""

from playground.ui.experiments_page import experiments_page
from playground.ui.frame import frame

frame("Experiments")
experiments_page()
