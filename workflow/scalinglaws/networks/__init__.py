"""Architectures, one per file: pure init and apply on stacked parameters."""
