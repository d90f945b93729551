"""
REQUIRED INPUTS: tables of the figure's experiments, <results>/fits/{paper}/*.json
OUTPUTS: <results>/figures/{figure}.{pdf,png,csv,json}
Steps: draw a figure from tables and fits; its numbers as csv, its caption as json.

A figure's name as target reruns that figure and only what it needs.
"""


rule draw_figure:
    """Draw one figure from tables and fits."""
    input:
        tables=lambda wildcards: [
            PLAN.table_file(name) for name in PLAN.figure(wildcards.figure)["tables"]
        ],
        fits=lambda wildcards: [
            PLAN.fit_file(paper_of(wildcards.figure), name)
            for name in PLAN.figure(wildcards.figure)["fits"]
        ],
    output:
        pdf="<results>/figures/{figure}.pdf",
        png=report(
            "<results>/figures/{figure}.png",
            caption="../report/figure.rst",
            category="Figures",
            subcategory=lambda wildcards: report_subcategory(PLAN, wildcards.figure),
            labels=lambda wildcards: report_labels(PLAN, wildcards.figure),
        ),
        csv="<results>/figures/{figure}.csv",
        caption="<results>/figures/{figure}.json",
    log:
        "<results>/logs/draw_figure/{figure}.log",
    priority: 40
    conda:
        "../../envs/cpu.yaml"
    params:
        scale=config["scale"],
        stem=subpath(output.pdf, strip_suffix=".pdf"),
        caption=lambda wildcards, output: CaptionFile(output.caption),
        digests=lambda wildcards: [
            PLAN.table_digest(name) for name in PLAN.figure(wildcards.figure)["tables"]
        ],
        record=lambda wildcards: as_json(PLAN.figure(wildcards.figure)),
        code=lambda wildcards: code(
            "scalinglaws.stations.figure", f"scalinglaws.figures.{wildcards.figure}"
        ),
    message:
        "Drawing {wildcards.figure}"
    shell:
        "python -m scalinglaws draw {wildcards.figure} --tables {input.tables}"
        " --digests {params.digests} --fits {input.fits} --record {params.record:q} --scale {params.scale}"
        " --output {params.stem} 2>&1 | tee {log}"
