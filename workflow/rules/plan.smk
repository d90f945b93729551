"""
REQUIRED INPUTS: config/
OUTPUTS: <results>/plan/plan.json, <results>/environment.json
Steps: write down what will run and what it is expected to cost, and with which software.
"""


rule write_plan:
    """Write down every block with its expected cost."""
    output:
        "<results>/plan/{plan}.json",
    log:
        "<results>/logs/write_{plan}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        config=as_json(config),
        plan=config_digest(PLAN),
        code=code("scalinglaws.planning.table"),
    message:
        "Planning scale {config[scale]}"
    shell:
        "python -m scalinglaws plan --config {params.config:q} --output {output} 2>&1 | tee {log}"


# No inputs and no outputs on purpose: it answers a question.
rule plan:
    """Say what this scale will run, what it costs and which results are out of date."""
    log:
        "<results>/logs/plan.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        config=as_json(config),
    shell:
        "python -m scalinglaws plan --config {params.config:q} 2>&1 | tee {log}"


rule record_environment:
    """Record interpreter, libraries and processor."""
    output:
        "<results>/{environment}.json",
    log:
        "<results>/logs/record_{environment}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        code=code("scalinglaws.provenance.environment"),
    message:
        "Recording the computing environment"
    shell:
        "python -m scalinglaws environment --output {output} 2>&1 | tee {log}"
