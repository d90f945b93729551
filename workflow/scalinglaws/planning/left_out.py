"""Figures that a scale leaves out, as their records in config/papers say."""

from collections.abc import Mapping
from typing import Any

from scalinglaws.config import base_of


def drawn_figures(paper: Mapping[str, Any], scale: str) -> list[str]:
    """A paper's figures that a scale draws, in order; their records give reasons for the others."""
    return [name for name, figure in paper["figures"].items() if not why_left_out(figure, scale)]


def why_left_out(figure: Mapping[str, Any], scale: str) -> str:
    """Why a scale, or the one it is made of, leaves a figure out; empty where it is drawn."""
    reasons = figure.get("left_out", {})
    return str(reasons.get(base_of(scale), "")) if reasons else ""
