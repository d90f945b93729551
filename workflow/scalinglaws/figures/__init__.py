"""Figures: a shared style and one module per paper; a figure is a function of tables."""
