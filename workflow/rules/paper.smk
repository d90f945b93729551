"""
REQUIRED INPUTS: ledger, findings, fits, figures, plan, environment, data cards, paper/*
OUTPUTS: <results>/numbers.json, <results>/replication.pdf
Steps: gather every number that prose may quote; compile the replication paper with typst.
"""


rule gather_numbers:
    """Gather every number the prose quotes."""
    input:
        ledgers=collect("<results>/ledger/{paper}.json", paper=PLAN.papers),
        fits=[file for paper in PLAN.papers for file in PLAN.fit_files(paper)],
        findings="<results>/findings/findings.json",
        figures=[PLAN.figure_files(name, ("json", "pdf")) for name in PLAN.figures()],
        cards=[f"results/data/{name}.card.json" for name in PLAN.used_datasets()],
        plan="<results>/plan/plan.json",
        environment="<results>/environment.json",
        papers=collect("config/papers/{paper}.yaml", paper=PLAN.papers),
        departures="config/departures.yaml",
        sizes=f"config/scales/{config['scale']}.yaml",
    output:
        "<results>/{numbers}.json",
    log:
        "<results>/logs/gather_{numbers}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        results=subpath(output[0], parent=True),
        papers=list(PLAN.papers),
        code=code("scalinglaws.stations.paper"),
    message:
        "Gathering the numbers of the replication paper"
    shell:
        "python -m scalinglaws numbers --results {params.results} --papers {params.papers}"
        " --cards {input.cards} --output {output} 2>&1 | tee {log}"


rule compile_paper:
    """Compile the replication paper."""
    input:
        source="paper/main.typ",
        parts=collect(
            "paper/{part}",
            part=[
                "article.typ",
                "figures.typ",
                "look.typ",
                "record.typ",
                "refs.bib",
                "supplement.typ",
                "tables.typ",
            ],
        ),
        numbers="<results>/numbers.json",
        forest="<results>/findings/forest.pdf",
        figures=[PLAN.figure_files(name, ("pdf", "png")) for name in PLAN.figures()],
    output:
        report(
            "<results>/{replication}.pdf",
            caption="../report/table.rst",
            category="Replication paper",
            labels={"document": "the whole replication, to read or print"},
        ),
    log:
        "<results>/logs/compile_{replication}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        results=subpath(output[0], parent=True),
        code=code("scalinglaws.stations.paper"),
    message:
        "Compiling the replication paper"
    shell:
        "python -m scalinglaws compile {input.source} --results {params.results}"
        " --output {output} 2>&1 | tee {log}"


rule paper:
    """The replication paper as PDF; no number in it is typed by hand."""
    input:
        "<results>/replication.pdf",
