"""Ensembles of multilayer perceptrons over data and model sizes (arXiv:2102.06701)."""
