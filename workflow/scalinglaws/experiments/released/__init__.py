"""The authors' released curves (arXiv:2505.13230)."""
