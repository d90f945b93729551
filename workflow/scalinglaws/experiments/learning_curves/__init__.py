"""Learning curves of deep networks against their norms (arXiv:2505.13230)."""
