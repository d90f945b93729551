"""make with a stand-in for Python: which interpreter would run what, and with which code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repository import SOURCE, copy_repository, environment

STAND_IN = """#!/bin/sh
echo "$0 $* PYTHONPATH=$PYTHONPATH" >> "$STAND_IN_LOG"
if [ "$1" = -c ] || [ "$1" = --version ]; then exec {python} "$@"; fi
if [ "$2" = venv ]; then
    for folder; do :; done
    if [ "$3" = --clear ]; then rm -rf "$folder"/*; fi
    mkdir -p "$folder/bin" && cp "$0" "$folder/bin/python"
fi
"""
OTHER = """#!/bin/sh
if [ "$1" = --version ]; then echo Python 3.13.1; else exit 1; fi
"""
MARKED = "results/{}/mark"
PARTS = (
    "Makefile",
    "README.md",
    "pyproject.toml",
    "envs/cpu.lock",
    "envs/audit.lock",
    "config/config.yaml",
)


class Folder:
    """A repository as far as make looks at it."""

    def __init__(self, path):
        self.path = path

    def make(self, *arguments, **variables):
        inherited = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        log = self.path.parent / "log"
        log.write_text("")
        run = subprocess.run(
            ["make", "-C", str(self.path), *arguments],
            env=inherited | {"STAND_IN_LOG": str(log)} | variables,
            capture_output=True,
            text=True,
        )
        return run, log.read_text()

    def prepared(self):
        run, _ = self.make("environment", PYTHON=str(self.path.parent / "python"))
        assert run.returncode == 0, run.stderr
        return self


def program(path, text):
    path.write_text(text.replace("{python}", sys.executable))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "one"
    for part in PARTS:
        (path / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / part, path / part)
    for name in ("quick", "laptop", "reference"):
        (path / "results" / name).mkdir(parents=True)
        (path / MARKED.format(name)).write_text("")
    program(tmp_path / "python", STAND_IN)
    return Folder(path)


def results(folder):
    return {path.name for path in (folder.path / "results").iterdir()}


def test_a_prepared_folder_is_not_prepared_again(folder):
    _, log = folder.prepared().make("plan")
    assert "-m venv" not in log
    assert f".venv/bin/python -m scalinglaws plan PYTHONPATH={folder.path}/workflow" in log


@pytest.mark.parametrize("bring", [shutil.copytree, shutil.move])
def test_a_copied_and_a_moved_repository_run_their_own_code(folder, bring):
    folder.prepared()
    other = Folder(folder.path.parent / "two")
    bring(folder.path, other.path)
    run, log = other.make("plan", PYTHON=str(folder.path.parent / "python"))
    assert run.returncode == 0, run.stderr
    assert f"-m venv --clear {other.path}/.venv" in log
    assert ".venv/bin/python envs/install.py envs/cpu.lock PYTHONPATH=\n" in log
    assert f".venv/bin/python -m scalinglaws plan PYTHONPATH={other.path}/workflow" in log
    assert str(folder.path) + "/" not in log
    assert "-m venv" not in other.make("plan")[1]


def test_copies_that_share_an_environment_on_another_disk_do_not_share_it_unknowingly(folder):
    (folder.path.parent / "scratch").mkdir()
    (folder.path / ".venv").symlink_to(folder.path.parent / "scratch")
    folder.prepared()
    other = Folder(folder.path.parent / "two")
    shutil.copytree(folder.path, other.path, symlinks=True)
    _, log = other.make("plan", PYTHON=str(folder.path.parent / "python"))
    assert f"-m venv --clear {folder.path.parent}/scratch" in log


@pytest.mark.parametrize("there", [True, False])
def test_an_environment_may_lie_behind_a_link(folder, there):
    target = folder.path.parent / "scratch"
    if there:
        target.mkdir()
    (folder.path / ".venv").symlink_to(target)
    folder.prepared()
    assert (target / "bin" / "python").is_file()


def test_help_tells_the_targets_one_figure_and_before_an_environment_the_readmes_times(folder):
    run, log = folder.make("help")
    assert run.returncode == 0
    assert "python" not in log
    targets = re.findall(r"^([a-z-]+): .*## ", (SOURCE / "Makefile").read_text(), flags=re.M)
    assert targets
    for target in targets:
        assert re.search(rf"^{target} +\S", run.stdout, flags=re.M), target
    assert "snakemake --cores all bahri2021_fig1a" in run.stdout
    readme = (SOURCE / "README.md").read_text()
    for scale in ("quick", "laptop", "workstation", "paper"):
        row = re.search(rf"^\| `{scale}` \|[^|]*\|([^|]*)\|([^|]*)\|", readme, flags=re.M)
        shown = re.search(rf"SCALE={scale} +(.*)", run.stdout)
        assert shown[1].split() == [*row[2].split(), "on", *row[1].split()]


def test_help_in_an_environment_asks_the_plan_for_times_of_this_machine(folder):
    log = folder.prepared().make("help")[1]
    assert "-m scalinglaws plan --times" in log
    assert "--scale laptop --times" in folder.make("help", "SCALE=laptop")[1]


def test_a_new_environment_is_measured_for_the_plan(folder):
    _, log = folder.make("environment", PYTHON=str(folder.path.parent / "python"))
    assert "-m scalinglaws calibrate" in log


def test_a_python_that_is_not_there_is_told_as_missing(folder):
    run, _ = folder.make("environment", PYTHON="/nowhere/python3.11")
    assert run.returncode != 0
    assert "error: '/nowhere/python3.11' is missing, expected Python 3.11; install it" in run.stderr


def test_another_python_is_refused_with_its_version(folder):
    other = program(folder.path.parent / "python3.13", OTHER)
    run, _ = folder.make("environment", PYTHON=other)
    assert run.returncode != 0
    assert "is Python 3.13.1, expected Python 3.11; install it (apt" in run.stderr
    assert "or name it with: make PYTHON=/path/to/python3.11 environment" in run.stderr
    assert not (folder.path / ".venv").exists()


def test_what_another_python_left_is_made_anew(folder):
    folder.prepared()
    program(folder.path / ".venv" / "bin" / "python", OTHER)
    _, log = folder.make("plan", PYTHON=str(folder.path.parent / "python"))
    assert "-m venv --clear" in log


def test_packages_of_a_cluster_module_are_not_seen(folder):
    _, log = folder.prepared().make("plan", PYTHONPATH="/shadow", PYTHONHOME="/shadow")
    assert "/shadow" not in log
    assert "venv --clear" not in log


def test_the_audit_has_an_environment_of_its_own_whose_sums_are_checked(folder):
    log = folder.prepared().make("audit")[1].splitlines()
    made, filled, asked = log[-3:]
    assert "-m venv --clear .venv/audit" in made
    assert re.search(
        r"\.venv/audit/bin/python -m pip .*--require-hashes .*envs/audit\.lock", filled
    )
    assert "envs/audit.py envs/cuda.lock .venv/audit/bin/pip-audit" in asked


@pytest.mark.parametrize("verb", ["reproduce", "plan", "verify"])
def test_without_a_named_scale_the_configuration_decides(folder, verb):
    folder.prepared()
    assert "--scale" not in folder.make(verb)[1]
    assert "--scale laptop" in folder.make(verb, "SCALE=laptop")[1]
    assert "--scale laptop" in folder.make(verb, SCALE="laptop")[1]
    assert "--scale" not in folder.make(verb, SCALE="")[1]


@pytest.mark.parametrize(
    "scale", ["", "reference", "../.git", ".", "quick laptop", "*", "quick/..", "quik", " "]
)
def test_clean_takes_only_a_known_scale(folder, scale):
    (folder.path / ".git").mkdir()
    for run, _ in (folder.make("clean", SCALE=scale), folder.make("clean", f"SCALE={scale}")):
        assert run.returncode != 0
        assert "expected one of quick laptop workstation paper; run for example" in run.stderr
    assert results(folder) == {"quick", "laptop", "reference"}
    assert (folder.path / ".git").is_dir()


def test_clean_removes_the_named_scale_or_the_configured_one(folder):
    assert folder.make("clean", "SCALE=laptop")[0].returncode == 0
    assert results(folder) == {"quick", "reference"}
    assert folder.make("clean")[0].returncode == 0
    assert results(folder) == {"reference"}


def test_the_code_of_one_repository_refuses_to_act_in_another(tmp_path):
    copy = copy_repository(tmp_path / "copy")
    for place in (copy.path, copy.path / "config"):
        run = subprocess.run(
            [sys.executable, "-m", "scalinglaws", "plan"],
            cwd=place,
            env=environment(Path(SOURCE)),
            capture_output=True,
            text=True,
        )
        assert run.returncode == 2
        assert f"this folder belongs to the repository {copy.path}, but the code" in run.stderr
