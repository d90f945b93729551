"""Committee machines leaving their plateau (arXiv:2410.09005)."""
