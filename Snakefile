"""Every figure of three papers on neural scaling laws, and a verdict on every claim."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))


include: "workflow/rules/common.smk"  # checks the configuration and makes PLAN of it


pathvars:
    results=PLAN.results,


report: "workflow/report/workflow.rst"


include: "workflow/rules/plan.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/verify.smk"


rule all:
    """Everything: figures, ledger, findings, replication paper, manifest."""
    default_target: True
    input:
        PLAN.figure_targets(),
        "<results>/ledger.html",
        "<results>/findings/findings.json",
        "<results>/replication.pdf",
        "<results>/manifest.json",


rule figures:
    """The figures of all papers."""
    input:
        PLAN.figure_targets(),


# One target per paper and per figure, described by its title in config/papers.
for target, title in target_titles().items():

    rule:
        name:
            target
        input:
            PLAN.target(target),

    # Snakemake takes docstrings from literals only.
    workflow.get_rule(target).docstring = title
