"""
REQUIRED INPUTS: <results>/tables/{paper}/{experiment}.parquet (runs/ or theory/ where an experiment is one block)
OUTPUTS: <results>/fits/{paper}/{fit}.json
Steps: estimate exponents and other quantities with intervals and window scans.
"""


rule estimate_quantities:
    """Estimate one fit's quantities with intervals and window scans."""
    input:
        tables=lambda wildcards: [
            PLAN.table_file(name)
            for name in PLAN.papers[wildcards.paper]["fits"][wildcards.fit]["tables"]
        ],
    output:
        "<results>/fits/{paper}/{fit}.json",
    log:
        "<results>/logs/estimate_quantities/{paper}/{fit}.log",
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
        "Estimating {wildcards.fit}"
    shell:
        "python -m scalinglaws estimate {wildcards.fit} --tables {input.tables}"
        " --digests {params.digests} --settings {params.settings:q} --output {output} 2>&1 | tee {log}"
