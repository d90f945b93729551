"""The recipes of images: what they install, and their steps run with stand-ins."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVS = ROOT / "envs"
RECIPES = ("Dockerfile", "scalinglaws.def")
LOCKS = ("cpu.lock", "cuda.lock")
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi
"""


def instructions():
    """(name, what follows) of each instruction of the Dockerfile; continued lines are joined."""
    lines = [line for line in (ENVS / "Dockerfile").read_text().splitlines() if line[:1] != "#"]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line]


def of_docker(name):
    return [rest for found, rest in instructions() if found == name]


def sections():
    """Section -> its lines, of Apptainer's recipe; the head's under no name."""
    found = {"": []}
    for line in (ENVS / "scalinglaws.def").read_text().replace("\\\n", " ").splitlines():
        if line.startswith("%"):
            found[name := line[1:]] = []
        elif line.strip() and line[0] != "#":
            found[name if len(found) > 1 else ""].append(line.strip())
    return found


def plain(text):
    return " ".join(text.replace('"', "").split())


def settings(lines):
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)


def base(recipe):
    if recipe == "Dockerfile":
        return of_docker("FROM")[0]
    return settings(line.replace(": ", "=") for line in sections()[""])["From"]


def steps(recipe):
    """The shell commands that make the image, as one script."""
    if recipe == "Dockerfile":
        return "\n".join(of_docker("RUN"))
    return "\n".join(sections()["post"])


def arguments(recipe):
    return settings(of_docker("ARG") if recipe == "Dockerfile" else sections()["arguments"])


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_base_is_the_python_that_the_locks_are_made_for(recipe):
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    version = re.fullmatch(r"python:(3\.\d+)-slim", base(recipe))[1]
    assert wanted.startswith(f">={version},")


def test_both_recipes_take_the_same_steps_with_the_same_settings():
    assert arguments("Dockerfile") == arguments("scalinglaws.def")
    own = [line for line in sections()["post"] if "{{" not in line]
    assert [plain(step) for step in of_docker("RUN")] == [plain(step) for step in own]
    docker = dict(re.findall(r"(\w+)=(\S+)", of_docker("ENV")[0]))
    apptainer = settings(sections()["environment"])
    # Apptainer mounts the working folder, wherever it is; Docker where it is told to.
    assert docker.pop("PYTHONPATH") == f"{of_docker('WORKDIR')[0]}/workflow"
    assert apptainer.pop("PYTHONPATH") == '"$PWD/workflow"'
    assert docker == apptainer


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_package_comes_in_but_by_a_lock_and_its_sums(recipe):
    text = steps(recipe)
    assert not re.search(r"pip3? install|conda|curl|wget|ADD ", text)
    assert text.count("install.py") == 1
    assert arguments(recipe)["LOCK"] in LOCKS
    hosts = re.findall(r"\w+://([^/\s\"]+)", (ENVS / recipe).read_text())
    assert set(hosts) <= {"download.pytorch.org"}


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_steps_install_a_lock_into_the_environment_that_is_on_the_path(recipe, lock, tmp_path):
    home = tmp_path / "opt"
    shutil.copytree(ENVS, home / "envs")  # as COPY and %files do
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("apt-get", "python"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    values = arguments(recipe) | {"LOCK": lock}
    script = re.sub(r"\{\{ (\w+) \}\}", lambda found: values[found[1]], steps(recipe))
    script = script.replace("/opt/scalinglaws", str(home)).replace(
        "/var/lib", str(tmp_path / "lib")
    )
    variables = values | {"PATH": f"{programs}:{os.environ['PATH']}", "CALLS": f"{tmp_path}/calls"}
    subprocess.run(["sh", "-euc", script], env=variables, check=True)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [
        "apt-get update",
        "apt-get install --yes --no-install-recommends git make",
        f"python -m venv {home}/venv",
        f"python {home}/envs/install.py {home}/envs/{lock}",
    ]
    path = dict(re.findall(r"(\w+)=(\S+)", of_docker("ENV")[0]))["PATH"]
    assert (home / "venv/bin/python").exists()
    assert path.startswith("/opt/scalinglaws/venv/bin:")


def test_what_is_copied_is_where_the_steps_look_for_it():
    assert of_docker("COPY") == [". /opt/scalinglaws/envs"]  # the build's context is envs/
    assert sections()["files"] == ["envs /opt/scalinglaws/envs"]


@pytest.mark.skipif(not shutil.which("hadolint"), reason="hadolint is not installed")
def test_the_dockerfile_has_no_finding_of_a_linter():
    run = subprocess.run(["hadolint", ENVS / "Dockerfile"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
