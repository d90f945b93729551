"""
REQUIRED INPUTS: none
OUTPUTS: <results>/theory/{paper}/{experiment}/{block}.parquet
Steps: evaluate closed forms, order-parameter equations and replica equations in float64.
"""


rule compute_theory:
    """Compute one block of predictions."""
    output:
        "<results>/theory/{paper}/{experiment}/{block}.parquet",
    log:
        "<results>/logs/compute_theory/{paper}/{experiment}/{block}.log",
    benchmark:
        "<results>/benchmarks/compute_theory/{paper}/{experiment}/{block}.tsv"
    priority: 10
    conda:
        "../../envs/cpu.yaml"
    threads: lambda wildcards: PLAN.block(wildcards).threads
    resources:
        mem_mb=lambda wildcards, attempt: memory_mb(PLAN.block(wildcards), attempt),
        runtime=lambda wildcards, attempt: minutes(PLAN, PLAN.block(wildcards), attempt),
    params:
        run=lambda wildcards: PLAN.block(wildcards).run,
        digest=lambda wildcards: PLAN.block(wildcards).digest,
        settings=lambda wildcards: PLAN.block(wildcards).spec,
        code=lambda wildcards: code(*PLAN.block(wildcards).code_modules),
        planned=lambda wildcards: planned_code(PLAN.block(wildcards)),
        state=subpath(output[0], strip_suffix=".parquet"),
    message:
        "Computing {wildcards.experiment}, block {wildcards.block}"
    shell:
        "python -m scalinglaws block --station theory --paper {wildcards.paper}"
        " --experiment {wildcards.experiment} --name {wildcards.block} --run {params.run}"
        " --digest {params.digest} --code {params.planned}"
        " --settings {params.settings:q} --threads {threads} --device cpu"
        " --state {params.state}.state --output {output} 2>&1 | tee {log}"
