"""Sentences of the configuration as HTML: Greek letters, indices, exponents."""

import re
from html import escape

from scalinglaws.rounding import MINUS
from scalinglaws.spelling import readable

EXPONENT = r"\^(\([^()]+\)|[−-]?\d+(?:[./]\d+)?|[a-z]\b)"


def markup(text: str) -> str:
    """HTML of a sentence: Greek letters, their indices, and exponents, as people write them."""
    html = escape(readable(text))
    html = re.sub(r"([α-ω])_(\w+)", r"<i>\1</i><sub>\2</sub>", html)
    exponent = re.sub(EXPONENT, lambda found: f"<sup>{found[1].strip('()')}</sup>", html)
    return exponent.replace("<sup>-", f"<sup>{MINUS}")
