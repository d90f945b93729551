"""The authors' released curves, refitted by the authors' procedure.

If this fails, either the shipped curves or our estimator changed: exponents trained anew could
then not be compared with the published ones.
"""

from collections.abc import Iterator

import pandas as pd

from scalinglaws.config import read_paper
from scalinglaws.data.published import load_published
from scalinglaws.estimates.implicit_bias_laws import refit_quantities
from scalinglaws.experiments.released_curves import FOLDER, released_rows
from scalinglaws.storage import stack

PRECISION = 1e-6  # relative: the stored exponents come from other versions of the same routines


def released_problems() -> Iterator[str]:
    """One sentence for each exponent that our refit does not bring back."""
    authors = read_paper("damico2025")["fits"]["implicit_bias_laws"]["settings"]["authors"]
    record = load_published(FOLDER / f"{authors['set']}.json")
    table = pd.DataFrame(stack(released_rows(authors["set"], record)))
    refit = refit_quantities(table, authors)
    for name in ("gamma_1", "gamma_2"):
        ours, theirs = refit[f"refit_{name}"]["estimate"], record[name]
        if abs(ours - theirs) > PRECISION * abs(theirs):
            yield f"{authors['set']}: {name} is {ours:.6f} refitted, {theirs:.6f} as released"
