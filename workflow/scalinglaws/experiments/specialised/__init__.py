"""Committee machines beside their teacher (arXiv:2410.09005, section on the specialised phase)."""
