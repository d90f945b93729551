"""
REQUIRED INPUTS: every shipped file
OUTPUTS: <results>/manifest.json, <results>/ro-crate-metadata.json
Steps: write the manifest and the RO-Crate that tells of its files; verify results on disk against
    it, or a shipped reference where there are none, by rerunning blocks too.
"""


rule write_manifest:
    """Write the sha256 of every shipped file and what made it."""
    input:
        tables=PLAN.shipped_tables(),
        fits=[file for paper in PLAN.papers for file in PLAN.fit_files(paper)],
        figures=[PLAN.figure_files(name) for name in PLAN.figures()],
        ledgers=collect("<results>/ledger/{paper}.json", paper=PLAN.papers),
        page="<results>/ledger.html",
        findings=collect(
            "<results>/findings/{file}",
            file=["findings.json", "findings.md", "forest.pdf", "forest.png"],
        ),
        cards=PLAN.card_files(),
        numbers="<results>/numbers.json",
        paper="<results>/replication.pdf",
        plan="<results>/plan/plan.json",
        environment="<results>/environment.json",
    output:
        "<results>/{manifest}.json",
    log:
        "<results>/logs/write_{manifest}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        root=subpath(output[0], parent=True),
        config=as_json(config),
        code=code("scalinglaws.provenance.manifest"),
    message:
        "Writing the manifest"
    shell:
        "python -m scalinglaws manifest --config {params.config:q} --root {params.root}"
        " --files {input} --output {output} 2>&1 | tee {log}"


rule write_crate:
    """Describe the results as an RO-Crate: files, workflow, papers, licence."""
    input:
        manifest="<results>/manifest.json",
        papers=collect("config/papers/{paper}.yaml", paper=PLAN.papers),
    output:
        "<results>/{crate}-metadata.json",
    log:
        "<results>/logs/write_{crate}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        root=subpath(output[0], parent=True),
        code=code("scalinglaws.provenance.crate"),
    message:
        "Describing the results as an RO-Crate"
    shell:
        "python -m scalinglaws crate --results {params.root} --output {output} 2>&1 | tee {log}"


# No inputs and no outputs on purpose: it judges what is on disk, and runs every time it is asked.
rule verify:
    """Verify results on disk: manifest, code, ledger, one block repeated, released curves."""
    log:
        ".snakemake/log/verify.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        scale=config["scale"],
    message:
        "Verifying results"
    shell:
        "python -m scalinglaws verify --scale {params.scale} 2>&1 | tee {log}"
