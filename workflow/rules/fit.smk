"""
REQUIRED INPUTS: <results>/tables/{paper}/{experiment}.parquet (runs/ or theory/ where an experiment is one block)
OUTPUTS: <results>/fits/{paper}/{fit}.json
Steps: fit exponents and other quantities with intervals and window scans.
"""


rule fit_curves:
    """Fit one fit's quantities, with intervals and window scans."""
    input:
        tables=lambda wildcards: [
            PLAN.table_file(name)
            for name in PLAN.papers[wildcards.paper]["fits"][wildcards.fit]["tables"]
        ],
    output:
        "<results>/fits/{paper}/{fit}.json",
    log:
        "<results>/logs/fit_curves/{paper}/{fit}.log",
    priority: 30
    conda:
        "../../envs/cpu.yaml"
    params:
        digests=lambda wildcards: [
            PLAN.table_digest(name)
            for name in PLAN.papers[wildcards.paper]["fits"][wildcards.fit]["tables"]
        ],
        settings=lambda wildcards: as_json(
            PLAN.papers[wildcards.paper]["fits"][wildcards.fit]["settings"]
        ),
        code=lambda wildcards: code("scalinglaws.stations.fit", f"scalinglaws.fits.{wildcards.fit}"),
    message:
        "Fitting {wildcards.fit}"
    shell:
        "python -m scalinglaws quantities {wildcards.fit} --tables {input.tables}"
        " --digests {params.digests} --settings {params.settings:q} --output {output} 2>&1 | tee {log}"
