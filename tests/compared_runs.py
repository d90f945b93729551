"""Folders of results with a ledger of given quantities, to be compared."""

import json

from made_claims import claim
from scalinglaws.claims.ledger import judge_paper
from scalinglaws.statistics.quantity import quantity

SEEDS, ERROR = 12, 0.1


def measured(estimate, error=ERROR):
    reach = 2.201 * error  # Student's quantile of 11 degrees of freedom
    ends = (estimate - reach, estimate + reach)
    return quantity(estimate, ends, n_seeds=SEEDS, interval_kind="bootstrap over seeds")


def run(folder, seed=1, *, margin=0.5, published=1.0, code=None, **quantities):
    """A folder of results with these quantities, each judged by a claim of its name."""
    claims = [claim(name, margin=margin, published=published) for name in quantities]
    rows = judge_paper(claims, {"laws": quantities}, [])
    (folder / "ledger").mkdir(parents=True)
    header = {"format": 1, "station": "ledger", "name": "damico2025", "code": code or {"gone": "0"}}
    ledger = {"header": header, "claims": rows}
    (folder / "ledger" / "damico2025.json").write_text(json.dumps(ledger))
    manifest = {"scale": "quick", "seed": seed, "files": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
