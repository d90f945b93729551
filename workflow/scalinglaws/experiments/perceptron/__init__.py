"""Perceptrons (arXiv:2505.13230)."""
