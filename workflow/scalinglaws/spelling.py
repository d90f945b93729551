"""Names and sentences of the configuration as people read them: Greek letters and signs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from scalinglaws.rounding import MINUS

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "omega": "ω", "infinity": "∞",
}  # fmt: skip
PEOPLE = {name.lower(): name for name in ("Bayes", "Bartlett", "Gibbs", "Hebb")}
TEX = {
    **{"infty": "∞", "varepsilon": "ε", "sum": "Σ", "langle": "⟨", "rangle": "⟩", "times": "×"},
    "ln": "ln ",
}
SIGNS = {"->": "→", ">=": "≥", "<=": "≤", "+-": "±"}
ASCII = {
    **{sign: name for name, sign in GREEK.items()},
    **{nice: sign for sign, nice in SIGNS.items()},
    MINUS: "-", "×": "x", "…": "...", "–": "-", "—": "-", "’": "'",
}  # fmt: skip


def readable(value: Any) -> Any:
    """Greek letters and signs for the plain spelling used in configuration files."""
    if isinstance(value, Mapping):
        return {key: readable(item) for key, item in value.items() if key != "header"}
    if isinstance(value, list | tuple):
        return [readable(item) for item in value]
    if not isinstance(value, str):
        return value
    for sign, nice in SIGNS.items():
        value = value.replace(sign, nice)
    # Whole words only, and an index may follow (eta_c); parts of dotted names stay (alpha.csv,
    # results.beta), for those are typed.
    names = "|".join(GREEK)
    return re.sub(rf"(?<![\w.])({names})(?=_|\b)(?!\.\w)", lambda word: GREEK[word[1]], value)


def plain(text: str) -> str:
    """The same in ASCII, for terminals that know nothing else."""
    for nice, sign in ASCII.items():
        text = text.replace(nice, sign)
    return text.encode("ascii", "replace").decode()


def without_tex(label: str) -> str:
    """A label of an axis in letters and signs alone: ``$\\lambda_\\mathrm{opt}$`` as ``λ_opt``."""
    label = re.sub(r"\\(mathrm|mathit|text|hat|tilde|bar|left|right)|\\[,;! ]", " ", label)
    names = {**GREEK, **TEX}
    label = re.sub(r"\\([A-Za-z]+)", lambda word: names.get(word[1], word[1]), label)
    label = " ".join(re.sub(r"[${}]", "", label).split())
    return re.sub(r"(?<=[_^⟨]) | (?=⟩)", "", label)


def quantity_name(key: str) -> str:
    """``lambda_opt_slope`` as ``λ_opt slope``: only after a Greek letter ``_`` marks an index."""
    words = [{**GREEK, **PEOPLE}.get(word, word) for word in key.split("_")]
    return re.sub("(?<![α-ω])_", " ", "_".join(words))


def distinct_names(keys: Sequence[str]) -> list[str]:
    """What tells quantities of one claim apart: ``d3`` and ``d4`` for ``slope_d3``, ``slope_d4``.

    ``keys`` are names as in claims (``fit.quantity``); a single one needs no name.
    """
    if len(keys) == 1:
        return [""]
    words = [key.rpartition(".")[2].split("_") for key in keys]
    # Common words at both ends go; where names repeat a word, the ends may not take it twice.
    before = shared(words)
    after = min(shared([part[::-1] for part in words]), min(map(len, words)) - before)
    return [quantity_name("_".join(part[before : len(part) - after])) for part in words]


def shared(sequences: Sequence[Sequence[str]]) -> int:
    """Number of leading words that all sequences have in common."""
    same = 0
    for words in zip(*sequences, strict=False):
        if len(set(words)) > 1:
            break
        same += 1
    return same
