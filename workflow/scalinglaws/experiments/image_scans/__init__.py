"""Networks on images over data, width, depth and noise (arXiv:2102.06701)."""
