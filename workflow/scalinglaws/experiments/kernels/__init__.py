"""Kernels and features (arXiv:2102.06701)."""
