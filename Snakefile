"""Every figure of three papers on neural scaling laws, and a verdict on every claim."""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.20")

REPOSITORY = Path(workflow.basedir)
sys.path.insert(0, str(REPOSITORY / "workflow"))

from scalinglaws.config import check_files, check_place
from scalinglaws.errors import InputError
from scalinglaws.planning.jobs import as_json, device_of, minutes, prepare_environment
from scalinglaws.planning.jobs import prepare_gpus, report_labels, report_subcategory
from scalinglaws.planning.plan import assemble, code, config_digest, data_file, paper_of

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
config["device"] = PLAN.config["device"]  # where config.yaml says auto, the scale decides

prepare_environment(REPOSITORY)


onstart:
    try:
        prepare_gpus(PLAN, workflow)
    except InputError as problem:
        raise WorkflowError(str(problem))


pathvars:
    results=PLAN.results,


report: "workflow/report/workflow.rst"


wildcard_constraints:
    paper="|".join(PLAN.papers),
    experiment="[a-z0-9_]+",
    block="[A-Za-z0-9_.-]+",
    figure="[a-z0-9]+_[A-Za-z0-9_]+",
    dataset="[a-z0-9_]+",


include: "workflow/rules/plan.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/verify.smk"


# Seconds each, and fetching needs the network that compute nodes often lack: on a cluster these
# stay beside the scheduler; blocks are what is submitted. (Grouping them instead adds up their
# cores and memory to more than small nodes have.)
localrules:
    all,
    figures,
    bahri2021,
    damico2025,
    worschech2024,
    bahri2021_fig1a,
    bahri2021_fig1b,
    bahri2021_fig2a,
    bahri2021_fig2b,
    bahri2021_fig3,
    bahri2021_figS1,
    bahri2021_figS2,
    bahri2021_figS3,
    bahri2021_figS4,
    bahri2021_figS5,
    bahri2021_figS6,
    bahri2021_figS7,
    bahri2021_figS8,
    bahri2021_table1,
    bahri2021_extra_losses,
    bahri2021_extra_kernels,
    damico2025_fig1,
    damico2025_fig2,
    damico2025_fig3,
    damico2025_fig4,
    damico2025_table1,
    damico2025_appendix_mse,
    damico2025_appendix_optimum,
    damico2025_appendix_time,
    damico2025_appendix_decay,
    damico2025_appendix_sgd,
    damico2025_appendix_norms,
    damico2025_extra_protocol,
    damico2025_extra_audit,
    worschech2024_fig1,
    worschech2024_fig2,
    worschech2024_fig3,
    worschech2024_fig4,
    worschech2024_fig5,
    worschech2024_fig6,
    worschech2024_extra_plateau,
    worschech2024_extra_ensemble,
    data,
    ledger,
    paper,
    fetch_data,
    collect_table,
    estimate_quantities,
    draw_figure,
    judge_claims,
    write_ledger,
    gather_numbers,
    compile_paper,
    write_manifest,


rule all:
    """Everything: figures, ledger, replication paper, manifest."""
    default_target: True
    input:
        PLAN.figure_targets(),
        "<results>/ledger.html",
        "<results>/replication.pdf",
        "<results>/manifest.json",


rule figures:
    """The figures of all papers."""
    input:
        PLAN.figure_targets(),


rule bahri2021:
    """Bahri et al., Explaining Neural Scaling Laws: all figures."""
    input:
        PLAN.target("bahri2021"),


rule bahri2021_fig1a:
    """Scaling regimes: variance-limited and resolution-limited loss against data."""
    input:
        PLAN.target("bahri2021_fig1a"),


rule bahri2021_fig1b:
    """Students between training points; 4 / alpha_D against dimension."""
    input:
        PLAN.target("bahri2021_fig1b"),


rule bahri2021_fig2a:
    """Random features of pooled images: all four regimes, one colour per pool size."""
    input:
        PLAN.target("bahri2021_fig2a"),


rule bahri2021_fig2b:
    """Random-feature kernels: spectra, and alpha_D and alpha_P against alpha_K."""
    input:
        PLAN.target("bahri2021_fig2b"),


rule bahri2021_fig3:
    """Data distribution: superclasses leave the exponent, input noise changes it."""
    input:
        PLAN.target("bahri2021_fig3"),


rule bahri2021_figS1:
    """Wide residual networks on images: loss and error, final and best."""
    input:
        PLAN.target("bahri2021_figS1"),


rule bahri2021_figS2:
    """Teacher-student: loss against data size for each input dimension."""
    input:
        PLAN.target("bahri2021_figS2"),


rule bahri2021_figS3:
    """Four-layer CNNs on images: test loss against data size."""
    input:
        PLAN.target("bahri2021_figS3"),


rule bahri2021_figS4:
    """Teacher-student: loss against model size for each input dimension."""
    input:
        PLAN.target("bahri2021_figS4"),


rule bahri2021_figS5:
    """Aspect ratio: the exponent against width and depth."""
    input:
        PLAN.target("bahri2021_figS5"),


rule bahri2021_figS6:
    """Learned features: loss against data over loss against features, two ridges."""
    input:
        PLAN.target("bahri2021_figS6"),


rule bahri2021_figS7:
    """Learned features with real labels: the four regimes, low and tuned ridge."""
    input:
        PLAN.target("bahri2021_figS7"),


rule bahri2021_figS8:
    """Random against learned features: losses, spectra, label coefficients."""
    input:
        PLAN.target("bahri2021_figS8"),


rule bahri2021_table1:
    """The four-layer CNNs as built: layers, shapes, parameters."""
    input:
        PLAN.target("bahri2021_table1"),


rule bahri2021_extra_losses:
    """Teacher-student: other losses and product manifolds."""
    input:
        PLAN.target("bahri2021_extra_losses"),


rule bahri2021_extra_kernels:
    """Gaussian features and spheres: exact regression against kernel theory."""
    input:
        PLAN.target("bahri2021_extra_kernels"),


rule damico2025:
    """D'Amico et al., Implicit bias produces neural scaling laws: all figures."""
    input:
        PLAN.target("damico2025"),


rule damico2025_fig1:
    """Perceptron: test error against norm, replica theory and gradient descent."""
    input:
        PLAN.target("damico2025_fig1"),


rule damico2025_fig2:
    """Perceptron: law 1, law 2, collapse and product law, theory and simulation."""
    input:
        PLAN.target("damico2025_fig2"),


rule damico2025_fig3:
    """Deep networks: test error against spectral complexity."""
    input:
        PLAN.target("damico2025_fig3"),


rule damico2025_fig4:
    """Deep networks: the curves of figure 3 rescaled by their minima."""
    input:
        PLAN.target("damico2025_fig4"),


rule damico2025_table1:
    """Deep networks: predicted and measured exponents, published, refitted, trained here."""
    input:
        PLAN.target("damico2025_table1"),


rule damico2025_appendix_mse:
    """Perceptron with the square loss: no power law, an optimum that does not move."""
    input:
        PLAN.target("damico2025_appendix_mse"),


rule damico2025_appendix_optimum:
    """Deep networks: smallest test error against training size."""
    input:
        PLAN.target("damico2025_appendix_optimum"),


rule damico2025_appendix_time:
    """Deep networks: test error against epochs, examples seen and the norm."""
    input:
        PLAN.target("damico2025_appendix_time"),


rule damico2025_appendix_decay:
    """Deep networks: three weight decays."""
    input:
        PLAN.target("damico2025_appendix_decay"),


rule damico2025_appendix_sgd:
    """Deep networks: plain stochastic gradient descent."""
    input:
        PLAN.target("damico2025_appendix_sgd"),


rule damico2025_appendix_norms:
    """Deep networks: four other norms."""
    input:
        PLAN.target("damico2025_appendix_norms"),


rule damico2025_extra_protocol:
    """Deep networks: the authors' protocol against their released curves."""
    input:
        PLAN.target("damico2025_extra_protocol"),


rule damico2025_extra_audit:
    """Deep networks: audit of the released curves."""
    input:
        PLAN.target("damico2025_extra_audit"),


rule worschech2024:
    """Worschech & Rosenow, two-layer networks with power-law data spectra: all figures."""
    input:
        PLAN.target("worschech2024"),


rule worschech2024_fig1:
    """Committee machine: generalisation error against alpha, order parameters and SGD."""
    input:
        PLAN.target("worschech2024_fig1"),


rule worschech2024_fig2:
    """Linear network: theory at any learning rate, power-law decay against one-pass SGD."""
    input:
        PLAN.target("worschech2024_fig2"),


rule worschech2024_fig3:
    """Feature scaling: eps_g with N_l trainable directions, power-law and image spectra."""
    input:
        PLAN.target("worschech2024_fig3"),


rule worschech2024_fig4:
    """Committee machine: overlaps with a realised teacher, M different plateaus."""
    input:
        PLAN.target("worschech2024_fig4"),


rule worschech2024_fig5:
    """Committee machine: learning curves and escape time over M and L."""
    input:
        PLAN.target("worschech2024_fig5"),


rule worschech2024_extra_plateau:
    """Symmetric plateau: height, escape time and length against their formulas."""
    input:
        PLAN.target("worschech2024_extra_plateau"),


rule worschech2024_fig6:
    """Specialised phase: eps_g from beside the teacher, its exponent against beta."""
    input:
        PLAN.target("worschech2024_fig6"),


rule worschech2024_extra_ensemble:
    """Seed ensembles leaving the plateau: exact reduced simulation against theory."""
    input:
        PLAN.target("worschech2024_extra_ensemble"),
