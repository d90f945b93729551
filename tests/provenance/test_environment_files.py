import ast
import importlib.metadata
import re
import runpy
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ENVS = ROOT / "envs"
# Import name -> distribution name, where they differ.
DISTRIBUTIONS = {"PIL": "pillow", "yaml": "pyyaml", "_pytest": "pytest"}


LOCKS = runpy.run_path(str(ENVS / "locks.py"))
SHA256 = re.compile(r"[0-9a-f]{64}")


def pins(path: Path) -> dict[str, str]:
    """Distribution -> version of every requirement."""
    entries = LOCKS["entries"](path.read_text())
    return {name: pin.partition("==")[2] for name, (pin, _) in entries.items()}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def third_party_imports() -> dict[str, str]:
    """Top-level module -> a file that imports it, over the package and the tests."""
    files = [*(ROOT / "workflow").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    tests = [file for file in files if ROOT / "tests" in file.parents]
    packages = {path.parent.name for path in (ROOT / "workflow").glob("*/__init__.py")}
    own = packages | {part for file in tests for part in (file.stem, file.parent.name)}
    found: dict[str, str] = {}
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                found[name.split(".")[0]] = str(file.relative_to(ROOT))
    return {name: file for name, file in found.items() if name not in own | sys.stdlib_module_names}


def test_every_imported_package_is_a_declared_requirement():
    declared = pins(ENVS / "requirements.in")
    undeclared = {
        name: file
        for name, file in third_party_imports().items()
        if canonical(DISTRIBUTIONS.get(name, name)) not in declared
    }
    assert not undeclared


@pytest.mark.parametrize("lock", ["cpu.lock", "cuda.lock"])
def test_lock_holds_every_requirement_at_its_declared_version(lock):
    declared, locked = pins(ENVS / "requirements.in"), pins(ENVS / lock)
    assert {name: locked.get(name) for name in declared} == declared


def test_what_audits_the_locks_is_pinned_with_all_it_needs_and_no_part_of_them():
    declared, locked = pins(ENVS / "audit.in"), pins(ENVS / "audit.lock")
    assert {name: locked.get(name) for name in declared} == declared
    assert not set(declared) & set(pins(ENVS / "cuda.lock"))


def test_both_locks_agree_where_they_overlap():
    cpu, cuda = pins(ENVS / "cpu.lock"), pins(ENVS / "cuda.lock")
    assert {name: cuda.get(name) for name in cpu} == cpu


def test_cuda_lock_adds_one_cuda_generation_and_leaves_jax_on_the_processor():
    added = set(pins(ENVS / "cuda.lock")) - set(pins(ENVS / "cpu.lock"))
    assert {"nvidia-cudnn-cu13", "triton"} <= added
    # Theory is float64 on the CPU; with its CUDA wheels jax would take three quarters of the card.
    assert not [name for name in added if name.startswith("jax")]
    assert not [name for name in added if name.endswith("cu12") or "cuda12" in name]


@pytest.mark.parametrize("lock", ["cpu.lock", "cuda.lock"])
def test_lock_has_no_local_version_and_no_address(lock):
    text = (ENVS / lock).read_text()
    assert "+cpu" not in text
    assert "://" not in text
    assert " @ " not in text


@pytest.mark.parametrize("lock", ["cpu.lock", "cuda.lock", "audit.lock"])
def test_every_pin_has_a_version_and_sums(lock):
    for name, (pin, sums) in LOCKS["entries"]((ENVS / lock).read_text()).items():
        assert re.fullmatch(r"[^=]+==\S+", pin), name
        assert sums, name
        assert all(map(SHA256.fullmatch, sums)), name
        assert len(set(sums)) == len(sums), name


def test_every_line_of_a_lock_is_a_comment_a_pin_or_a_sum_of_it():
    for line in (ENVS / "cpu.lock").read_text().splitlines():
        assert re.fullmatch(r"#.*|[^=\s]+==\S+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)


def test_sums_of_both_locks_agree_but_for_the_cpu_builds_of_torch():
    cpu, cuda = (LOCKS["entries"]((ENVS / f"{name}.lock").read_text()) for name in ("cpu", "cuda"))
    more = {name: set(sums) - set(cuda[name][1]) for name, (_, sums) in cpu.items()}
    builds = LOCKS["cpu_builds"](cpu["torch"][0])
    assert len(builds) == 2  # x86-64 and aarch64
    assert {name: found for name, found in more.items() if found} == {"torch": set(builds)}
    assert all(set(cuda[name][1]) <= set(sums) for name, (_, sums) in cpu.items())


def test_sums_of_another_torch_are_refused():
    with pytest.raises(SystemExit, match=r"expected wheels of torch 2\.0\.0; copy their sums"):
        LOCKS["cpu_builds"]("torch==2.0.0")


def test_what_only_cuda_needs_is_left_out_of_the_cpu_lock():
    added = set(pins(ENVS / "cuda.lock")) - set(pins(ENVS / "cpu.lock"))
    assert added
    assert all(map(LOCKS["CUDA_ONLY"].match, added))


def test_a_changed_requirement_is_free_of_its_old_pin_and_no_other_is():
    before = "numpy==1.0\nsympy==1.1 \\\n    --hash=sha256:00\n"
    assert LOCKS["free"]("NumPy==2.0  # numbers\n", before) == ["sympy==1.1"]


@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_conda_file_installs_exactly_the_lock(name):
    lock = (ENVS / f"{name}.lock").read_text()
    text = (ENVS / f"{name}.yaml").read_text()
    assert text == LOCKS["conda_file"](name, lock)
    python, pip, packages = yaml.safe_load(text)["dependencies"]
    assert (python, pip) == ("python=3.11", "pip")
    assert packages["pip"] == LOCKS["pins"](lock)


def test_running_environment_is_the_cpu_lock():
    locked = pins(ENVS / "cpu.lock")
    installed = {
        canonical(package.name): package.version.split("+")[0]
        for package in importlib.metadata.distributions()
    }
    if "nvidia-cudnn-cu13" in installed:  # an environment of the CUDA lock
        locked = pins(ENVS / "cuda.lock")
    assert {name: installed.get(name) for name in locked} == locked
