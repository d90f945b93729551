"""Manifest, environment, verification."""
