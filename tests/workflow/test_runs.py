import json
import os
import re
import signal
import subprocess
import sys
import time

import page_checks
import pytest
from chromium import LOCAL, WIDTHS
from repository import TINY, copy_repository, environment, processor_seconds

from scalinglaws.claims.verdict import as_claimed
from scalinglaws.run.reproduce import OPENING

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

# Everything the workflow ships but logs and timings.
SHIPPED = (
    *("runs/**/*.parquet", "theory/**/*.parquet", "tables/**/*.parquet", "fits/**/*.json"),
    *("figures/*", "findings/*", "ledger/*.json", "*.pdf", "*.html"),
)

# Figures of each paper from simulations, networks, kernels, theory and forecasts: a second run of
# all 39 is a tenth of CI. That verdicts and the paper keep their bytes is seen in the killed runs.
SAMPLE = (
    *("bahri2021_fig1a", "bahri2021_fig2a", "bahri2021_fig3", "bahri2021_extra_forecast"),
    *("damico2025_fig1", "damico2025_fig3", "damico2025_appendix_sgd"),
    *("worschech2024_fig2", "worschech2024_fig5"),
)

# What the perceptron's theory enters.
PERCEPTRON = {"damico2025_fig1", "damico2025_fig2", "damico2025_appendix_mse"}


def shipped(repository):
    files = {}
    for pattern in SHIPPED:
        files |= repository.results(pattern)
    return {name: content for name, content in files.items() if name != "report.html"}


def tiny_repository(path):
    repository = copy_repository(path)
    repository.resize(TINY)
    return repository


def run_all(repository, *arguments):
    run = repository.snakemake("--cores", "2", *arguments)
    assert run.returncode == 0, run.stdout[-4000:]
    return run


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A small run of the whole DAG; tests that change it put it back."""
    repository = tiny_repository(tmp_path_factory.mktemp("runs") / "one")
    run_all(repository)
    return repository


def dry_reasons(repository, *arguments):
    """Jobs a dry run would do: list of their messages."""
    run = repository.snakemake("-n", *arguments)
    assert run.returncode == 0, run.stdout[-3000:]
    return run.stdout


def test_two_runs_give_the_same_bytes(finished, tmp_path):
    again = tiny_repository(tmp_path / "two")
    run_all(again, *SAMPLE)
    first, second = shipped(finished), shipped(again)
    assert len(second) > 60
    assert set(second) <= set(first)
    assert [name for name in second if first[name] != second[name]] == []


def test_a_finished_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in finished.snakemake("-n").stdout


def test_a_deleted_figure_is_drawn_again_and_nothing_else_runs(finished):
    picture = finished.path / "results/quick/figures/damico2025_fig1.pdf"
    before = picture.read_bytes()
    picture.unlink()
    began = processor_seconds()  # beside other tests the clock runs for these too
    run = run_all(finished, "damico2025_fig1")
    took = processor_seconds() - began
    assert "Drawing damico2025_fig1" in run.stdout
    assert "Training" not in run.stdout
    assert "Fitting" not in run.stdout
    assert picture.read_bytes() == before
    assert took <= 15
    run_all(finished)  # the paper and the manifest again, for the tests that follow


def test_an_edit_in_a_theory_module_reruns_the_figures_that_depend_on_it_and_says_so(finished):
    module = finished.path / "workflow/scalinglaws/theory/perceptron.py"
    text = module.read_text()
    try:
        module.write_text(text + "\n\nUNUSED = 1\n")
        planned = dry_reasons(finished)
        assert set(re.findall(r"Drawing (\w+)", planned)) == PERCEPTRON
        assert "Params have changed since last execution" in planned
        said = finished.verb("plan").stdout
        for figure in PERCEPTRON:
            changed = f"{figure}: will be made again, scalinglaws.theory.perceptron changed"
            assert changed in said
        assert said.count("will be made again") == len(PERCEPTRON)
    finally:
        module.write_text(text)
    assert "Nothing to be done" in finished.snakemake("-n").stdout


@pytest.fixture
def edited(finished):
    """Changes files of the finished repository, and back after the test."""
    before = {}

    def edit(file, old, new):
        path = finished.path / "workflow/scalinglaws" / file
        before.setdefault(path, path.read_text())
        assert old in path.read_text(), file
        path.write_text(path.read_text().replace(old, new, 1))

    yield edit
    for path, text in before.items():
        path.write_text(text)


def test_a_comment_in_what_everything_imports_reruns_nothing(finished, edited):
    for file in ("storage.py", "training/session.py"):
        edited(file, "\nimport ", "\n# A remark.\nimport ")
    for file in ("errors.py", "canonical.py"):
        edited(file, '"""', '"""In other words: ')
    assert "Nothing to be done" in finished.snakemake("-n").stdout


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("claims/page.py", "POLICY = ", "OTHER = POLICY = "),
        ("claims/page.css", "font-", "font-synthesis: none; font-"),
        ("claims/page.js", '"use strict"', '"use strict"; // always'),
    ],
)
def test_an_edit_of_the_ledgers_page_shows_the_verdicts_again_and_judges_none(
    finished, edited, file, old, new
):
    edited(file, old, new)
    planned = dry_reasons(finished)
    assert "Writing the ledger" in planned
    assert "Judging" not in planned


def test_a_comment_in_the_readme_reruns_nothing(finished):
    readme = finished.path / "README.md"
    readme.write_text(readme.read_text() + "\n<!-- a remark -->\n")
    assert "Nothing to be done" in finished.snakemake("-n").stdout


def ahead_by(seconds, repository):
    """Date all results later, as a clock leaves them that was set back since."""
    for path in repository.path.glob("results/**/*"):
        if path.is_file():
            when = path.stat().st_mtime + seconds
            os.utime(path, (when, when))


def test_results_of_the_future_are_neither_trained_again_nor_taken_for_newer_than_an_edit(
    finished,
):
    before, source = shipped(finished), finished.path / "paper/main.typ"
    text = source.read_text()
    picture = finished.path / "results/quick/figures/worschech2024_fig3.png"
    ahead_by(3600, finished)
    try:
        source.write_text(text.replace("#", "// Edited.\n#", 1))
        assert "Nothing to be done" in dry_reasons(finished)  # Snakemake alone does not see it
        picture.unlink()
        run = finished.verb("reproduce", "--cores", "2", "paper")
        assert run.returncode == 0, run.stdout[-3000:]
        assert "files were dated later than this machine's clock says" in run.stdout
    finally:
        source.write_text(text)
    log = (finished.path / "results/quick/logs/snakemake.log").read_text()
    assert "Compiling" in log
    assert re.findall(r"Drawing (\w+)", log) == ["worschech2024_fig3"]
    assert not re.search("Training|Computing|Collecting|Fitting", log)
    run_all(finished)  # the manifest again, for the tests that follow
    assert shipped(finished) == before
    assert "Nothing to be done" in finished.snakemake("-n").stdout


def test_verify_passes_on_a_fresh_run_and_fails_on_a_touched_number(finished):
    whole = finished.verb("verify")
    assert whole.returncode == 0, whole.stdout
    table = finished.path / "results/quick/figures/damico2025_fig1.csv"
    before = table.read_bytes()
    try:
        table.write_bytes(before.replace(b"0.", b"1.", 1))
        touched = finished.verb("verify")
        assert touched.returncode == 1
        assert "damico2025_fig1.csv has sha256" in touched.stdout
    finally:
        table.write_bytes(before)


def test_every_number_of_a_claim_is_the_one_of_a_fit_on_disk(finished):
    results = finished.path / "results/quick"
    ledgers = list((results / "ledger").glob("*.json"))
    assert len(ledgers) == 3
    for ledger in ledgers:
        for claim in json.loads(ledger.read_text())["claims"]:
            for judged in claim["judged"]:
                fit, name = judged["name"].split(".")
                stored = json.loads((results / "fits" / ledger.stem / f"{fit}.json").read_text())
                claimed = as_claimed(claim, stored["quantities"][name])  # of a sign: in its window
                assert judged["estimate"] == claimed["estimate"]
                assert judged["interval"] == claimed["interval"]


def test_the_html_report_contains_every_figure(finished):
    opening = ("--report-metadata", OPENING)
    run = finished.snakemake("--report", "results/quick/report.html", *opening)
    assert run.returncode == 0, run.stdout[-2000:]
    page = (finished.path / "results/quick/report.html").read_text()
    for figure in ("bahri2021_fig1a", "damico2025_fig1", "damico2025_fig3", "worschech2024_fig1"):
        assert figure in page
        assert f"figures/{figure}.html" in page  # its card
        caption = json.loads((finished.path / f"results/quick/figures/{figure}.json").read_text())
        assert caption["caption"].split()[0] in page
    assert "var metadata = {}" not in page  # it opens with its description


@pytest.mark.parametrize("width", WIDTHS)
def test_the_ledgers_page_of_a_run_is_whole_and_its_links_lead_somewhere(finished, browser, width):
    results = finished.path / "results/quick"
    browser.open(results / "ledger.html", width=width)
    assert page_checks.problems(browser) == {}
    assert page_checks.dead_links(browser, results) == []


def test_the_first_view_of_the_report_shows_without_a_network(finished, browser):
    run = finished.snakemake("--report", "results/quick/report.html")
    assert run.returncode == 0, run.stdout[-2000:]
    browser.open(finished.path / "results/quick/report.html")
    assert browser.one("body").text.strip()
    log = browser.log()
    assert [url for url in log.requests if not url.startswith(LOCAL)] == []
    assert log.errors == []


def kill_during_training(repository, target):
    """Start a run in its own session and SIGKILL all of it once a block has saved its state."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scalinglaws", "reproduce", "--cores", "2", target],
        cwd=repository.path,
        env=environment(repository.path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while not list(repository.path.glob("results/quick/runs/*/*/*.state/state_*.npz")):
        assert process.poll() is None, "the run ended before any state was saved"
        assert time.monotonic() < deadline, "no state was saved in five minutes"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_run_resumes_from_its_state_and_ends_with_the_same_bytes(tmp_path):
    target = "results/quick/tables/worschech2024/committee_sgd.parquet"
    longer = {"worschech2024": {"committee_sgd": {"alpha_max": 2000.0, "dimension": 512}}}
    longer["worschech2024"]["committee_ode"] = dict(longer["worschech2024"]["committee_sgd"])
    straight, killed = (tiny_repository(tmp_path / name) for name in ("straight", "killed"))
    for repository in (straight, killed):
        repository.resize(longer)
    run_all(straight, target)
    kill_during_training(killed, target)
    assert not (killed.path / target).exists()
    again = killed.verb("reproduce", "--cores", "2", target)
    assert again.returncode == 0, again.stdout[-3000:]
    assert (killed.path / target).read_bytes() == (straight.path / target).read_bytes()
    logs = killed.path.glob("results/quick/logs/train_block/**/*.log")
    assert any("resuming from saved state" in log.read_text() for log in logs)
    assert not list(killed.path.glob("results/quick/runs/**/*.state"))
