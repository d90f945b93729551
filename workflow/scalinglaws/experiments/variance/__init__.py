"""Variance-limited regimes (arXiv:2102.06701)."""
