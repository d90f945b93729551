"""
REQUIRED INPUTS: <results>/fits/{paper}/*.json, config/claims/{paper}.yaml, config/departures.yaml,
    config/findings/{paper}.yaml
OUTPUTS: <results>/ledger/{paper}.json, <results>/ledger.html, <results>/findings/,
    <results>/figures/{figure}.html
Steps: judge each claim by equivalence; say what was found; show all verdicts on one page, and each
    figure on its card.
"""


rule judge_claims:
    """Judge every claim of one paper."""
    input:
        fits=lambda wildcards: PLAN.fit_files(wildcards.paper),
        claims="config/claims/{paper}.yaml",
        departures="config/departures.yaml",
        registration="config/registration.yaml",
        ladder="config/ladder.yaml",
    output:
        "<results>/ledger/{paper}.json",
    log:
        "<results>/logs/judge_claims/{paper}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        config=as_json(config),
        terms=lambda wildcards: terms_digest(PLAN, wildcards.paper),
        code=code("scalinglaws.stations.judge"),
    message:
        "Judging the claims of {wildcards.paper}"
    shell:
        "python -m scalinglaws judge {wildcards.paper} --fits {input.fits} --claims {input.claims}"
        " --departures {input.departures} --config {params.config:q} --output {output} 2>&1"
        " | tee {log}"


rule write_ledger:
    """Show all verdicts on one self-contained page."""
    input:
        ledgers=collect("<results>/ledger/{paper}.json", paper=PLAN.papers),
        papers=collect("config/papers/{paper}.yaml", paper=PLAN.papers),
        departures="config/departures.yaml",
        findings="<results>/findings/findings.json",
        style="workflow/scalinglaws/claims/page.css",
        script="workflow/scalinglaws/claims/page.js",
    output:
        report(
            "<results>/{ledger}.html",
            caption="../report/table.rst",
            category="Ledger",
            labels={"page": "every claim and its verdict"},
        ),
    log:
        "<results>/logs/write_{ledger}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        scale=config["scale"],
        code=code("scalinglaws.stations.ledger"),
    message:
        "Writing the ledger"
    shell:
        "python -m scalinglaws ledger --ledgers {input.ledgers} --findings {input.findings}"
        " --scale {params.scale} --output {output} 2>&1 | tee {log}"


rule write_cards:
    """Show each figure on a card of its own, and all in a gallery."""
    input:
        figures=[PLAN.figure_files(name) for name in PLAN.figures()],
        fits=[file for paper in PLAN.papers for file in PLAN.fit_files(paper)],
        ledgers=collect("<results>/ledger/{paper}.json", paper=PLAN.papers),
        environment="<results>/environment.json",
        papers=collect("config/papers/{paper}.yaml", paper=PLAN.papers),
        departures="config/departures.yaml",
        scripts=collect(
            "workflow/scalinglaws/cards/{script}",
            script=[
                "copy.js",
                "explorer.js",
                "formulas.js",
                "laws.js",
                "plot.js",
                "style.css",
            ],
        ),
    output:
        collect("<results>/{{cards}}/{name}.html", name=[*PLAN.figures(), "index"]),
    log:
        "<results>/logs/write_cards/{cards}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        root=subpath(output[0], ancestor=2),
        config=as_json(config),
        blocks=config_digest(PLAN),
        code=code("scalinglaws.stations.cards"),
    message:
        "Writing a card for every figure"
    shell:
        "python -m scalinglaws cards --config {params.config:q} --root {params.root:q} 2>&1"
        " | tee {log}"


rule ledger:
    """The ledger of all papers: claim by claim reproduced, differs or undecided."""
    input:
        "<results>/ledger.html",


rule write_findings:
    """Say what was found, and draw all claims in units of their margin."""
    input:
        ledgers=collect("<results>/ledger/{paper}.json", paper=PLAN.papers),
        fits=[file for paper in PLAN.papers for file in PLAN.fit_files(paper)],
        findings=collect("config/findings/{paper}.yaml", paper=PLAN.papers),
        claims=collect("config/claims/{paper}.yaml", paper=PLAN.papers),
        papers=collect("config/papers/{paper}.yaml", paper=PLAN.papers),
    output:
        record="<results>/{findings}/findings.json",
        text="<results>/{findings}/findings.md",
        forest="<results>/{findings}/forest.pdf",
        picture=report(
            "<results>/{findings}/forest.png",
            caption="../report/findings.rst",
            category="Findings",
            labels={"picture": "all claims in units of their margin"},
        ),
    log:
        "<results>/logs/write_{findings}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        folder=subpath(output.record, parent=True),
        scale=config["scale"],
        code=code("scalinglaws.stations.findings"),
    message:
        "Writing the findings"
    shell:
        "python -m scalinglaws findings --ledgers {input.ledgers} --fits {input.fits}"
        " --scale {params.scale} --output {params.folder:q} 2>&1 | tee {log}"


rule findings:
    """What was found: sentences per paper, what differs, what is undecided, and one picture."""
    input:
        "<results>/findings/findings.json",


rule cards:
    """A card for every figure: verdicts, code, data, cost, the fit window to move."""
    input:
        PLAN.card_files(),
