"""Compare: several runs over one another, what differs between them, and what each gets right that another gets wrong."""

from playground.ui.compare_page import compare_page
from playground.ui.frame import frame

frame("Compare")
compare_page()
