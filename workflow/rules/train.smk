"""
REQUIRED INPUTS: results/data/{dataset}.npz
OUTPUTS: <results>/runs/{paper}/{experiment}/{block}.parquet, <results>/tables/{paper}/{experiment}.parquet
Steps: train one block (an ensemble of members) per job; collect an experiment's blocks in a table
(where one block is all there is, its file is the table).

A long block keeps its state under <results>/state, undeclared: Snakemake would delete a declared
output of a killed job, and with it the hours spent.
"""


rule train_block:
    """Train one block of an experiment; resumes by itself after a kill."""
    input:
        data=lambda wildcards: PLAN.data_files(PLAN.block(wildcards)),
    output:
        "<results>/runs/{paper}/{experiment}/{block}.parquet",
    log:
        "<results>/logs/train_block/{paper}/{experiment}/{block}.log",
    benchmark:
        "<results>/benchmarks/train_block/{paper}/{experiment}/{block}.tsv"
    priority: 10
    conda:
        "../../envs/cpu.yaml" if config["device"] == "cpu" else "../../envs/cuda.yaml"
    threads: lambda wildcards: PLAN.block(wildcards).threads
    resources:
        mem_mb=lambda wildcards, attempt: memory_mb(PLAN.block(wildcards), attempt),
        runtime=lambda wildcards, attempt: minutes(PLAN, PLAN.block(wildcards), attempt),
        gpu=lambda wildcards: gpus_of(PLAN.block(wildcards)),
    params:
        run=lambda wildcards: PLAN.block(wildcards).run,
        device=lambda wildcards: device_of(PLAN.block(wildcards)),
        digest=lambda wildcards: PLAN.block(wildcards).digest,
        settings=lambda wildcards: PLAN.block(wildcards).spec,
        code=lambda wildcards: code(*PLAN.block(wildcards).code_modules),
        planned=lambda wildcards: planned_code(PLAN.block(wildcards)),
        state=subpath(output[0], strip_suffix=".parquet"),
    message:
        "Training {wildcards.experiment}, block {wildcards.block}"
    shell:
        "python -m scalinglaws block --station runs --paper {wildcards.paper}"
        " --experiment {wildcards.experiment} --name {wildcards.block} --run {params.run}"
        " --digest {params.digest} --code {params.planned}"
        " --settings {params.settings:q} --data {input.data} --threads {threads}"
        " --device {params.device} --state {params.state}.state --output {output} 2>&1 | tee {log}"


rule collect_table:
    """Collect the blocks of one experiment in one tidy table."""
    input:
        blocks=lambda wildcards: [
            PLAN.block_file(block) for block in PLAN.of_experiment(wildcards.experiment)
        ],
    output:
        "<results>/tables/{paper}/{experiment}.parquet",
    log:
        "<results>/logs/collect_table/{paper}/{experiment}.log",
    priority: 20
    conda:
        "../../envs/cpu.yaml"
    params:
        digests=lambda wildcards: [
            block.digest for block in PLAN.of_experiment(wildcards.experiment)
        ],
        code=code("scalinglaws.stations.table"),
    message:
        "Collecting {wildcards.experiment}"
    shell:
        "python -m scalinglaws table {wildcards.experiment} --blocks {input.blocks}"
        " --digests {params.digests} --output {output} 2>&1 | tee {log}"
