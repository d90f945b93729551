import json
import os
import re

import numpy as np
import pytest
from repository import TINY, copy_repository

from scalinglaws.storage import read_table, write_table

pytestmark = pytest.mark.workflow
TOO_LARGE = {"CNN_MNIST": {"dataset": "mnist5k", "training_sizes": [32, 4000]}}


@pytest.fixture
def repository(tmp_path):
    copy = copy_repository(tmp_path / "repository")
    copy.resize(TINY)
    return copy


def refused(run, sentence):
    """Non-zero exit, the sentence on the terminal, and no traceback of ours."""
    assert run.returncode != 0, run.stdout
    assert re.search(sentence, run.stdout), run.stdout[-3000:]
    assert "Traceback (most recent call last)" not in run.stdout


def test_an_unknown_config_key_stops_the_run_by_name(repository):
    run = repository.snakemake("-n", "--config", "sede=7")
    refused(run, "unknown key 'sede' .* expected only: budget_core_hours, budget_gpu_hours, device")


def test_a_misspelt_scale_stops_the_run_with_the_known_ones(repository):
    refused(
        repository.snakemake("-n", "--config", "scale=quik"),
        "scale is 'quik'; expected one of: quick, laptop, workstation, paper",
    )


def test_more_training_images_than_the_data_set_has_stops_the_plan(repository):
    repository.resize({"damico2025": {"cnn_curves": {"panels": TOO_LARGE}}})
    sentence = r"training_sizes asks for 4000 .* between 1 and 3000, the size of mnist5k"
    refused(repository.snakemake("-n"), sentence)


def test_the_reproduce_command_says_the_same_sentence_and_exits_with_two(repository):
    repository.resize({"damico2025": {"cnn_curves": {"panels": TOO_LARGE}}})
    run = repository.verb("reproduce")
    assert run.returncode == 2
    assert run.stdout.startswith("error: ")
    assert len(run.stdout.strip().splitlines()) == 1


def test_a_table_that_names_no_experiment_stops_the_plan(repository):
    repository.edit("config/papers/damico2025.yaml", "perceptron_descent]", "perceptron_ascent]")
    refused(repository.snakemake("-n"), "names 'perceptron_ascent' in tables; expected one of")


def test_networks_for_a_gpu_are_refused_before_anything_runs_where_there_is_none(
    repository, monkeypatch
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    repository.configure(device="cuda")
    sentence = r"device is cuda, but no GPU is visible here for 4 blocks, block \w+ of"
    figure = "damico2025_appendix_time"
    refused(repository.snakemake("--cores", "1", figure), sentence)
    assert not (repository.path / "results/quick/tables").exists()
    assert not (repository.path / "results/quick/runs").exists()
    run = repository.verb("reproduce", figure)
    assert run.returncode == 2
    assert re.search(f"^error: {sentence}", run.stdout)
    # A login node without a card plans what a cluster will run, and runs what needs none.
    assert repository.snakemake("-n", figure).returncode == 0
    plan = "results/quick/plan/plan.json"
    assert repository.snakemake("--cores", "1", plan).returncode == 0


def test_with_a_card_the_jobs_for_gpus_are_scheduled(repository, monkeypatch):
    card(repository, monkeypatch, 80_000)
    repository.configure(device="cuda")
    run = repository.snakemake("--cores", "1", "damico2025_appendix_time")
    assert "Training " in run.stdout, run.stdout  # whether it can is the block's matter


def card(repository, monkeypatch, memory_mb):
    """Put a driver that lists one card first on the PATH."""
    driver = repository.path / "bin" / "nvidia-smi"
    driver.parent.mkdir()
    driver.write_text(f"#!/bin/sh\necho '0, GPU-1, {memory_mb}, Small Card'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{driver.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_more_gpu_memory_than_the_card_has_stops_the_plan(repository, monkeypatch):
    card(repository, monkeypatch, 200)
    run = repository.snakemake("-n", "--config", "device=cuda")
    refused(run, r"block \w+ of \w+ is expected to need \d+ MB .*, but Small Card .* has 200 MB")


def test_a_broken_calibration_is_named_with_what_to_run(repository):
    (repository.path / ".calibration.json").write_text("{")
    refused(
        repository.verb("plan"), r"error: \.calibration\.json cannot be read .* calibrate' again"
    )
    assert repository.snakemake("-n", "damico2025_fig1").returncode == 0


def test_a_missing_mirror_folder_is_named(repository, monkeypatch):
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(repository.path / "nowhere"))
    repository.configure(scale="laptop")
    run = repository.snakemake("--cores", "1", "results/data/mnist.npz")
    refused(run, "error: .*SCALINGLAWS_MIRROR.*nowhere")
    assert not (repository.path / "results/data/mnist.npz").exists()


def test_a_truncated_data_file_is_named_with_what_to_run(repository):
    data = repository.path / "results/data/mnist5k.npz"
    assert repository.snakemake("--cores", "1", "results/data/mnist5k.npz").returncode == 0
    data.write_bytes(data.read_bytes()[:-1000])
    block = "results/quick/runs/damico2025/cnn_curves/CNN_MNIST_seeds0_part0.parquet"
    refused(repository.snakemake("--cores", "1", block), r"error: results/data/mnist5k\.npz")
    assert not (repository.path / block).exists()


def test_a_wrong_checksum_in_the_registry_refuses_the_file(repository):
    path = repository.path / "config/datasets.yaml"
    text = path.read_text()
    section = text.index("\nmnist5k:")
    found = re.search(r"sha256: (\w{64})", text[section:])
    assert found
    path.write_text(text.replace(found[1], "a" * 64))
    run = repository.snakemake("--cores", "1", "results/data/mnist5k.npz")
    refused(run, r"error: .*mnist_5k.*" + found[1][:8])
    assert not (repository.path / "results/data/mnist5k.npz").exists()


def test_a_failed_step_does_not_stop_what_does_not_need_it(repository, monkeypatch):
    """Of two steps that fail one after the other both are tried, whichever comes first."""
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(repository.path / "nowhere"))
    repository.configure(scale="laptop")
    files = [f"results/data/{name}.npz" for name in ("fashion_mnist", "mnist")]
    run = repository.verb("reproduce", "--cores", "1", *files)
    refused(run, "(?m)^error: .*SCALINGLAWS_MIRROR.*nowhere")
    assert "2 failed" in run.stdout
    assert "not everything was made, but all that needs no failed step" in run.stdout


def test_a_result_of_other_code_is_refused_even_when_snakemake_trusts_it(repository):
    table = "results/quick/tables/worschech2024/committee_sgd.parquet"
    fit = "results/quick/fits/worschech2024/committee_agreement.json"
    assert repository.snakemake("--cores", "2", fit).returncode == 0
    frame, header = read_table(repository.path / table)
    header["code"]["scalinglaws.experiments.committee.run_sgd"] = "0" * 12
    write_table(repository.path / table, {c: frame[c].to_numpy() for c in frame}, header)
    run = repository.snakemake("--cores", "1", fit)
    refused(run, f"error: {table} was made by other code: module scalinglaws.experiments")


@pytest.mark.parametrize(
    ("experiment", "target"),
    [
        ("worschech2024/committee_sgd", "tables/worschech2024/committee_sgd.parquet"),
        ("damico2025/perceptron_descent", "fits/damico2025/perceptron_laws.json"),
    ],
)
def test_a_block_of_another_seed_is_refused(repository, experiment, target):
    target = f"results/quick/{target}"
    assert repository.snakemake("--cores", "2", target).returncode == 0
    (stored, *_) = sorted((repository.path / "results/quick/runs" / experiment).glob("*.parquet"))
    frame, header = read_table(stored)
    write_table(stored, {c: frame[c].to_numpy() for c in frame}, header | {"block": "another seed"})
    run = repository.snakemake("--cores", "1", target)
    refused(run, "holds block another seed but the configuration asks for")


def test_a_diverged_member_is_masked_counted_and_reported_down_to_the_caption(repository):
    target = "results/quick/figures/damico2025_fig1.json"
    fit = "results/quick/fits/damico2025/perceptron_laws.json"
    assert repository.snakemake("--cores", "2", fit).returncode == 0
    # One member of one block turns NaN half-way, as a diverging run does.
    folder = repository.path / "results/quick/runs/damico2025/perceptron_descent"
    stored = sorted(folder.glob("*.parquet"))[0]
    frame, header = read_table(stored)
    member = frame["member"].iloc[0]
    late = (frame["member"] == member) & (frame["step"] > frame["step"].median())
    frame.loc[late, "value"] = np.nan
    columns = {c: frame[c].to_numpy() for c in frame}
    write_table(stored, columns, header | {"diverged": [member]})
    run = repository.snakemake("--cores", "1", target)
    assert run.returncode == 0, run.stdout[-3000:]
    caption = json.loads((repository.path / target).read_text())["caption"]
    assert f"Diverged and masked members: 1 ({member})" in caption
    fits = json.loads((repository.path / fit).read_text())
    assert max(quantity["n_masked"] for quantity in fits["quantities"].values()) >= 1
