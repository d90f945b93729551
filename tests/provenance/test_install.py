"""envs/install.py with a stand-in for pip: what it says, and what it makes of failures."""

import runpy
import subprocess
import venv
from pathlib import Path

import pytest

ENVS = Path(__file__).resolve().parents[2] / "envs"
SUM = "a" * 64
LOCK = f"setuptools==1.0 \\\n    --hash=sha256:{SUM}\nalpha==1.0 \\\n    --hash=sha256:{SUM}\n"
CUDA = f"{LOCK}nvidia-beta==2.0 \\\n    --hash=sha256:{SUM}\n"
# Takes pip's place: notes its arguments and requirements, says what pip says, installs names.
PIP = """\
import pathlib, re, sys
here = pathlib.Path(sys.prefix)
arguments = sys.argv[1:]
if arguments[0] == "check":
    there = {path.name.split("-")[0] for path in here.glob("lib/*/site-packages/*.dist-info")}
    if "alpha" in there and "nvidia_beta" not in there and (here / "cuda").exists():
        print("alpha 1.0 requires nvidia-beta, which is not installed.")
        sys.exit(1)
    sys.exit(0)
lock = pathlib.Path(arguments[arguments.index("--requirement") + 1]).read_text()
with (here / "calls").open("a") as calls:
    print(" ".join(arguments[:-1]), re.findall(r"^(\\S+)==", lock, re.M), file=calls)
if (here / "fail").exists() and "alpha" in lock:
    print((here / "fail").read_text())
    sys.exit(1)
for name, version in re.findall(r"^(\\S+)==(\\S+)", lock, re.M):
    print(f"Collecting {name}=={version} (from -r lock.txt (line 1))")
    print(f"  Downloading {name}-{version}-py3-none-any.whl (12.5 MB)")
    place = next(here.glob("lib/*/site-packages")) / f"{name.replace('-', '_')}-{version}.dist-info"
    place.mkdir()
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
print("Installing collected packages: all")
"""


class Environment:
    def __init__(self, path):
        self.path = path
        venv.create(path / "venv", with_pip=False, symlinks=True)
        self.prefix = path / "venv"
        package = next(self.prefix.glob("lib/*/site-packages")) / "pip"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "__main__.py").write_text(PIP)
        (path / "cpu.lock").write_text(LOCK)
        (path / "cuda.lock").write_text(CUDA)

    def install(self):
        return subprocess.run(
            [self.prefix / "bin" / "python", ENVS / "install.py", self.path / "cpu.lock"],
            capture_output=True,
            text=True,
        )

    def calls(self):
        return (self.prefix / "calls").read_text().splitlines()


@pytest.fixture
def made(tmp_path):
    return Environment(tmp_path)


def test_pip_checks_every_sum_and_builds_with_what_is_locked(made):
    done = made.install()
    assert done.returncode == 0, done.stderr
    build, rest = made.calls()
    assert build.endswith("['setuptools']")
    assert rest.endswith("['alpha']")
    for call in (build, rest):
        assert "--require-hashes" in call
        assert "--no-deps" in call
        assert "--no-build-isolation" in call
    assert "2 packages of cpu.lock, each checked against its sha256" in done.stdout
    assert "done: 2 packages, sums checked" in done.stdout
    assert "\r" not in done.stdout  # a log is no terminal


def test_libraries_of_a_cuda_build_come_from_the_other_lock(made):
    (made.prefix / "cuda").touch()
    done = made.install()
    assert done.returncode == 0, done.stderr
    assert made.calls()[-1].endswith("['nvidia-beta']")
    assert "torch is the index's CUDA build: 1 libraries more" in done.stdout


WRONG = f"""\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.
    alpha==1.0 from https://index.example/alpha-1.0-py3-none-any.whl:
        Expected sha256 {SUM}
             Got        {"b" * 64}
"""


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (WRONG, f"error: alpha==1.0 that pip was served has sha256 {'b' * 64}, expected one of"),
        ("ERROR: No matching distribution found for alpha==1.0", "there is no alpha==1.0 for this"),
        (
            "NewConnectionError: x\nERROR: No matching distribution found for alpha",
            "not be reached",
        ),
        ("OSError: [Errno 28] No space left on device", "the disk is full: free 3 GB"),
        ("ERROR: something else.", "pip failed (ERROR: something else); run the same again."),
    ],
)
def test_a_failure_is_one_sentence_and_the_rest_is_in_a_log(made, said, sentence):
    (made.prefix / "fail").write_text(said)
    done = made.install()
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert said.splitlines()[0] in (made.prefix / "pip.log").read_text()


def test_a_lock_that_lacks_what_a_package_needs_is_refused(made):
    (made.prefix / "cuda").touch()
    (made.path / "cuda.lock").write_text(LOCK)
    done = made.install()
    assert done.returncode == 2
    assert "cpu.lock lacks nvidia-beta; run: bash envs/make_locks.sh" in done.stderr


def test_progress_counts_what_is_fetched_and_what_is_there(monkeypatch):
    monkeypatch.syspath_prepend(ENVS)
    stage = runpy.run_path(str(ENVS / "install.py"))["Stage"]({"numpy", "pytest"})
    stage.heard("Collecting numpy==2.4.6 (from -r lock.txt (line 3))\n")
    stage.heard("  Downloading numpy-2.4.6-cp311-cp311-manylinux.whl (16.9 MB)\n")
    assert stage.text() == "fetching and checking: 1 of 2, 17 MB downloaded: numpy (16.9 MB)"
    stage.heard("  Downloading other.whl.metadata (1.2 GB)\n")
    assert "1217 MB downloaded" in stage.text()
    stage.heard("Installing collected packages: numpy, pytest\n")
    assert stage.text().startswith("installing: ")


@pytest.mark.parametrize(("chosen", "sums"), [("1.0+cpu", ["b"]), ("1.0", ["a", "b"])])
def test_a_cpu_build_of_torch_is_asked_for_by_its_own_sum_where_pip_is_offered_one(
    monkeypatch, chosen, sums
):
    monkeypatch.syspath_prepend(ENVS)
    script = runpy.run_path(str(ENVS / "install.py"))
    said = f'{{"install": [{{"metadata": {{"name": "torch", "version": "{chosen}"}}}}]}}'
    answer = subprocess.CompletedProcess([], 0, stdout=said)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    lock = {"torch": ("torch==1.0", ["a", "b"]), "numpy": ("numpy==1.0", ["c"])}
    narrowed = script["narrowed"](lock, {"torch": ("torch==1.0", ["a"])})
    assert narrowed == {**lock, "torch": ("torch==1.0", sums)}
