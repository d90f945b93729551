"""
REQUIRED INPUTS: config/
OUTPUTS: none
Steps: check the configuration, plan every block, say what all rules share.
"""

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from scalinglaws.config import check_files, check_place
from scalinglaws.errors import InputError
from scalinglaws.planning.jobs import announce_code, as_json, device_of, gpus_of, memory_mb
from scalinglaws.planning.jobs import minutes, planned_code, prepare_environment, prepare_gpus
from scalinglaws.planning.jobs import CaptionFile, report_labels, report_subcategory
from scalinglaws.planning.plan import assemble, code, config_digest, data_file, paper_of
from scalinglaws.planning.plan import target_titles, terms_digest
from scalinglaws.run.leftovers import remove_torn_files
from scalinglaws.run.waking import wake_once

min_version("9.20")

try:
    check_place()
    check_files(workflow.configfiles)
except InputError as problem:
    raise WorkflowError(str(problem))


configfile: "config/config.yaml"


try:
    PLAN = assemble(config)
except InputError as problem:
    raise WorkflowError(str(problem))
# Where config.yaml says auto, the scale decides; where it says registered, the registration.
config |= {key: PLAN.config[key] for key in ("device", "seed")}

prepare_environment(Path(workflow.basedir), workflow.is_main_process)
wake_once()


onstart:
    if workflow.is_main_process:  # which holds Snakemake's lock
        for folder in (PLAN.results, "results/data"):
            remove_torn_files(Path(folder))
    try:
        prepare_gpus(PLAN, workflow)
        announce_code(PLAN, workflow)
    except InputError as problem:
        raise WorkflowError(str(problem))


wildcard_constraints:
    paper="|".join(PLAN.papers),
    experiment="[a-z0-9_]+",
    block="[A-Za-z0-9_.-]+",
    figure="[a-z0-9]+_[A-Za-z0-9_]+",
    dataset="[a-z0-9_]+",
    # One value each. Snakemake lists rules without wildcards as targets, and nobody asks for these.
    ledger="ledger",
    findings="findings",
    cards="figures",
    plan="plan",
    environment="environment",
    numbers="numbers",
    replication="replication",
    manifest="manifest",
    crate="ro-crate",


# Seconds each, and fetching needs the network that compute nodes often lack: on a cluster these
# stay beside the scheduler; blocks are what is submitted. (Grouping them instead adds up their
# cores and memory to more than small nodes have.) Rules without an action are local anyway.
localrules:
    fetch_data,
    collect_table,
    fit_curves,
    draw_figure,
    judge_claims,
    write_ledger,
    write_findings,
    write_cards,
    gather_numbers,
    compile_paper,
    write_plan,
    plan,
    record_environment,
    write_manifest,
    write_crate,
