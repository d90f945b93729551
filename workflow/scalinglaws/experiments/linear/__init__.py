"""Linear networks (arXiv:2410.09005)."""
