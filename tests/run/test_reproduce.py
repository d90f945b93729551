import errno
import fcntl
import os
import socket
from types import SimpleNamespace

import pytest

from scalinglaws import config
from scalinglaws.errors import InputError
from scalinglaws.run import reproduce, sole_run
from scalinglaws.storage import FORMAT, write_json


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """A repository without runs."""
    monkeypatch.setattr(sole_run, "REPOSITORY", tmp_path)
    monkeypatch.setattr(sole_run, "SNAKEMAKE_LOCKS", tmp_path / ".snakemake" / "locks")
    monkeypatch.setattr(sole_run, "LOCK", tmp_path / ".snakemake" / "reproduce.lock")
    return sole_run.LOCK


def leave_snakemakes_lock(lock):
    folder = lock.parent / "locks"
    folder.mkdir(parents=True)
    (folder / "0.output.lock").write_text("results/x\n")


def fails_with(number):
    def fail(*arguments, **named):
        raise OSError(number, os.strerror(number))

    return fail


def test_a_lock_names_its_process_until_the_run_ends(lock):
    with sole_run.only_run():
        assert lock.read_text() == f"{os.getpid()} {socket.gethostname()}"
    assert lock.read_text() == ""


def test_a_held_lock_is_refused_by_the_process_that_holds_it(lock):
    with (
        sole_run.only_run(),
        pytest.raises(InputError, match=rf"another run \(PID {os.getpid()} on .*\) holds"),
        sole_run.only_run(),
    ):
        pass


def test_snakemakes_lock_of_a_run_of_ours_that_died_may_be_removed(lock):
    leave_snakemakes_lock(lock)
    lock.write_text(f"999999999 {socket.gethostname()}")
    with sole_run.only_run() as (_, stale):
        assert stale


def test_snakemakes_lock_of_any_other_run_is_left_alone(lock):
    leave_snakemakes_lock(lock)
    with pytest.raises(InputError, match="if it is over, run: snakemake --unlock"):
        sole_run.only_run().__enter__()


def test_a_file_system_without_locks_is_told_from_a_lock_that_is_held(lock, monkeypatch, capsys):
    monkeypatch.setattr(fcntl, "flock", fails_with(errno.ENOLCK))
    with sole_run.only_run():
        assert "this file system has no locks" in capsys.readouterr().err
        with pytest.raises(InputError, match=r"PID \d+ on .* if it is over, remove that file"):
            sole_run.only_run().__enter__()


def test_a_repository_of_another_user_is_one_sentence(lock, monkeypatch):
    monkeypatch.setattr(type(lock), "open", fails_with(errno.EACCES))
    with pytest.raises(InputError, match=r"Permission denied.* run as the user that this folder"):
        sole_run.only_run().__enter__()


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (["python", "/x/bin/snakemake", "--cores", "1"], "snakemake"),
        (["/x/python", "-m", "snakemake"], "snakemake"),
        (["python", "-m", "scalinglaws", "block", "--station"], "block"),
        (["python", "-m", "scalinglaws"], ""),
        (["vim", "Snakefile"], ""),
        ([], ""),
    ],
)
def test_processes_are_told_by_their_command(command, kind):
    assert sole_run.kind(command) == kind


@pytest.mark.parametrize("name", ["damico2025_fig9", "worschech_fig1", "figure"])
def test_a_misspelt_target_is_named_with_a_right_one(name):
    with pytest.raises(InputError, match=f"there is no target {name}; did you mean "):
        reproduce.check_targets([name])


def test_targets_that_exist_and_files_are_taken():
    reproduce.check_targets(["all", "damico2025_fig1", "worschech2024", "ledger", "results/x.json"])


def test_a_profile_of_the_shell_is_set_aside_and_named(monkeypatch, capsys):
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "/quiet")
    assert "SNAKEMAKE_PROFILE" not in reproduce.snakemake_environment()
    assert "/quiet" in capsys.readouterr().out


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_without_a_home_snakemakes_cache_lies_in_the_repository(variable, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path / "file"))
    inside = str(config.REPOSITORY / ".snakemake" / "cache")
    assert reproduce.snakemake_environment()["XDG_CACHE_HOME"] == inside


def test_a_home_that_can_be_written_is_used(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "XDG_CACHE_HOME" not in reproduce.snakemake_environment()


def test_a_log_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "logs").write_text("in the way")
    with pytest.raises(InputError, match=r"snakemake\.log could not be written"):
        reproduce.made_log(tmp_path / "logs" / "snakemake.log")


@pytest.mark.parametrize("folder", ["a{b}", "back\\slash"])
def test_a_path_that_snakemake_misreads_is_refused(folder, monkeypatch, tmp_path):
    monkeypatch.setattr(config, "REPOSITORY", tmp_path / folder)
    with pytest.raises(InputError, match="move the repository to a path without it"):
        config.check_place()


def test_a_number_of_cores_below_one_is_refused():
    with pytest.raises(InputError, match="--cores is 0; expected 1 or more"):
        reproduce.reproduce(None, 0, ["all"])


def test_a_run_ends_with_what_was_found_and_where_it_lies_within_80_columns(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    sentence = " ".join(["the exponent alpha_D = 4 / d is 1.02 [0.97, 1.06] for d = 3"] * 20)
    paper = {"slug": "bahri2021", "title": "Laws", "counts": {"stated": {"reproduced": 1}}}
    paper |= {"sentences": [{"text": sentence}], "differs": [], "undecided": [], "beyond": []}
    found = {"headline": "One claim.", "facts": "1 primary", "registration": "Registration 1."}
    header = {"format": FORMAT, "station": "findings", "code": {}}
    results = tmp_path / "results" / "quick"
    write_json(results / "findings" / "findings.json", {**found, "papers": [paper]}, header)
    reproduce.show_findings(SimpleNamespace(results="results/quick"), "results/quick/report.html")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(" ".join(lines).split()).count("1.02 [0.97, 1.06] for d = 3") == 20
    assert lines[-5].split() == ["findings:", "results/quick/findings/findings.md"]
    assert lines[-1].split() == ["figures:", "results/quick/figures/"]
