"""Ingredients: activations, losses and optimizers, each with its formula, its graph, and something to try."""

from playground.ui.frame import frame
from playground.ui.ingredients_page import ingredients_page

frame("Ingredients")
ingredients_page()
