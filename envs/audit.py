"""Asks public databases whether locked packages have known vulnerabilities.

    .venv/bin/python envs/audit.py envs/cuda.lock .venv/audit/bin/pip-audit

`make audit` runs it. pip-audit (envs/audit.lock) asks; what it answers is judged here, since to it
a package that a database does not know is no finding: behind a proxy that answers for an index that
is not there, nothing at all is looked up and nothing is found. Standard library only.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import locks

SERVICES = {"pypi": "PyPI's", "osv": "OSV's"}
ASKED = ["--progress-spinner", "off", "--require-hashes", "--disable-pip", "--format", "json"]


class Answer(NamedTuple):
    """- `found`: one line per vulnerability.
    - `unknown`: packages that the database does not have.
    - `failure`: why there is no answer; empty where there is one.
    """

    found: list[str]
    unknown: list[str]
    failure: str = ""


def ask(program: str, lock: Path, service: str) -> Answer:
    command = [program, *ASKED, "--vulnerability-service", service, "--requirement", str(lock)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        packages = json.loads(done.stdout)["dependencies"]
    except OSError as problem:
        return Answer([], [], f"{program} could not be run ({problem.strerror})")
    except (ValueError, KeyError, TypeError):
        return Answer([], [], reason(done.stderr))
    found = [line for package in packages for line in lines(package)]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if packages and len(unknown) == len(packages):
        return Answer([], [], "it knows none of the packages")
    return Answer(found, unknown)


def reason(said: str) -> str:
    if re.search(r"ConnectionError|Timeout|ProxyError|SSLError|Failed to resolve|connect to", said):
        return "it could not be reached"
    last = said.strip().splitlines()[-1:] or ["it gave no answer"]
    return last[0]


def lines(package: dict[str, Any]) -> list[str]:
    return [
        f"  {package['name']} {package['version']}: {flaw['id']}"
        + (f", fixed in {', '.join(flaw['fix_versions'])}" if flaw["fix_versions"] else "")
        for flaw in package.get("vulns", [])
    ]


def judged(answers: dict[str, Answer], lock: str, count: int) -> tuple[list[str], int]:
    """What to print, and the exit status: 0 no flaw, 1 one is known or may be, 2 no answer."""
    whole = {service: each for service, each in answers.items() if not each.failure}
    if not whole:
        why = "; ".join(f"{SERVICES[name]}: {each.failure}" for name, each in answers.items())
        return [
            f"error: no database of vulnerabilities could be asked ({why}); nothing was checked: "
            "connect, or tell pip of a proxy (HTTPS_PROXY), and run: make audit"
        ], 2
    service, answer = next(iter(whole.items()))
    of = f"{count} packages of {lock}, by {SERVICES[service]} database"
    if answer.found:
        told = [f"{len(answer.found)} known vulnerabilities in {of}:", *answer.found]
    else:
        told = [f"no known vulnerability in {count - len(answer.unknown)} of {of}"]
    if answer.unknown:
        told.append(f"not checked, as it does not know them: {', '.join(answer.unknown)}")
    return told, int(bool(answer.found or answer.unknown))


def main() -> int:
    lock, program = Path(sys.argv[1]), sys.argv[2]
    answers: dict[str, Answer] = {}
    for service in SERVICES:
        answers[service] = ask(program, lock, service)
        if not answers[service].failure:
            break
    told, status = judged(answers, lock.name, len(locks.pins(lock.read_text("utf-8"))))
    print("\n".join(told), file=sys.stderr if status == 2 else sys.stdout)
    return status


if __name__ == "__main__":
    sys.exit(main())
