"""envs/audit.py with a stand-in for pip-audit: what it says, and what it makes of no answer."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCK = "".join(f"{name}==1.0 \\\n    --hash=sha256:{'a' * 64}\n" for name in ("alpha", "beta"))
CLEAN = {"name": "alpha", "version": "1.0", "vulns": []}
FLAW = {"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"], "aliases": [], "description": "It leaks."}
UNKNOWN = "Dependency not found on PyPI and could not be audited: "
UNREACHABLE = "requests.exceptions.ConnectionError: Failed to resolve 'database.example'"


def skipped(name):
    return {"name": name, "skip_reason": f"{UNKNOWN}{name} (1.0)"}


@pytest.fixture
def audit(tmp_path):
    """Runs the script on answers of the databases, by their name: packages, or what pip-audit says
    on its error stream."""
    lock = tmp_path / "made.lock"
    lock.write_text(LOCK)
    program = tmp_path / "pip-audit"

    def run(**answers):
        cases = []
        for service, answer in answers.items():
            told = f"echo {shlex.quote(json.dumps({'dependencies': answer}))}"
            if isinstance(answer, str):
                told = f"echo {shlex.quote(answer)} >&2; exit 1"
            cases.append(f"*' {service} '*) {told};;")
        log = shlex.quote(str(tmp_path / "asked"))
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {log}\ncase " $* " in {" ".join(cases)} esac\n'
        )
        program.chmod(0o755)
        command = [sys.executable, ROOT / "envs" / "audit.py", lock, program]
        return subprocess.run(command, capture_output=True, text=True)

    run.asked = lambda: (tmp_path / "asked").read_text().splitlines()
    return run


def test_packages_without_a_known_flaw_pass_and_their_sums_are_asked_for(audit):
    run = audit(pypi=[CLEAN, CLEAN | {"name": "beta"}])
    assert run.returncode == 0
    assert (
        run.stdout == "no known vulnerability in 2 of 2 packages of made.lock, by PyPI's database\n"
    )
    (asked,) = audit.asked()
    assert "--require-hashes --disable-pip" in asked


def test_a_flaw_is_named_with_what_mends_it(audit):
    run = audit(pypi=[CLEAN, {"name": "beta", "version": "1.0", "vulns": [FLAW]}])
    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        "1 known vulnerabilities in 2 packages of made.lock, by PyPI's database:",
        "  beta 1.0: PYSEC-1, fixed in 1.1, 2.0",
    ]


def test_a_package_that_the_database_lacks_is_not_taken_for_a_safe_one(audit):
    run = audit(pypi=[CLEAN, skipped("beta")])
    assert run.returncode == 1
    assert run.stdout.startswith("no known vulnerability in 1 of 2 packages")
    assert "not checked, as it does not know them: beta" in run.stdout


@pytest.mark.parametrize("pypi", [UNREACHABLE, [skipped("alpha"), skipped("beta")]])
def test_the_next_database_is_asked_where_one_is_not_there(audit, pypi):
    run = audit(pypi=pypi, osv=[CLEAN, CLEAN | {"name": "beta"}])
    assert run.returncode == 0
    assert "by OSV's database" in run.stdout


def test_without_any_database_one_sentence_says_that_nothing_was_checked(audit):
    run = audit(pypi=[skipped("alpha"), skipped("beta")], osv=UNREACHABLE)
    assert run.returncode == 2
    assert run.stdout == ""
    assert re.fullmatch(
        r"error: no database of vulnerabilities could be asked \(PyPI's: it knows none of the "
        r"packages; OSV's: it could not be reached\); nothing was checked: .* make audit\n",
        run.stderr,
    )


def test_what_pip_audit_says_otherwise_is_told(audit):
    run = audit(pypi="", osv="ERROR: the lock is torn")
    assert run.returncode == 2
    assert "PyPI's: it gave no answer; OSV's: ERROR: the lock is torn)" in run.stderr
