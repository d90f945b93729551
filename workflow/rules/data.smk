"""
REQUIRED INPUTS: none; a mirror folder ($SCALINGLAWS_MIRROR), an installed package or the network
OUTPUTS: results/data/{dataset}.npz, results/data/{dataset}.card.json
Steps: fetch, check sha256, read the original layout, check counts, write arrays and a card.
"""


rule fetch_data:
    """Fetch one data set, check it and write it as uint8 arrays with a card."""
    output:
        arrays="results/data/{dataset}.npz",
        card="results/data/{dataset}.card.json",
    log:
        "<results>/logs/fetch_data/{dataset}.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        entry=lambda wildcards: as_json(PLAN.datasets[wildcards.dataset]),
        code=code("scalinglaws.data.prepare"),
    message:
        "Preparing data set {wildcards.dataset}"
    shell:
        "python -m scalinglaws fetch {wildcards.dataset} --entry {params.entry:q}"
        " --output {output.arrays} --card {output.card} 2>&1 | tee {log}"


rule data:
    """Every data set this scale needs, fetched and checked."""
    input:
        [data_file(name) for name in PLAN.used_datasets()],
