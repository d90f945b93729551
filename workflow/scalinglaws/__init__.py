"""Neural scaling laws of three papers, recomputed and judged claim by claim."""

__version__ = "0.1.0"
