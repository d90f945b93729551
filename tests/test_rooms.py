"""How the rooms of the package hang together: who may import whom."""

import ast
import graphlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scalinglaws.codedigest import ROOT, direct_imports

# Lower rooms first; a module imports from its own row and those above it in this list.
ROOMS = (
    ("errors", "canonical", "rounding", "spelling", "columns", "files", "streams", "records"),
    ("strict_yaml", "codedigest", "config", "repository", "storage"),
    ("data", "networks", "theory"),
    ("measures",),
    ("curves", "statistics", "training"),
    ("forecast",),
    ("planning", "fits", "figures", "claims"),
    ("experiments", "document", "cards"),
    ("stations",),
    ("provenance",),
    ("run",),
    ("shell", "__main__"),
)
MODULES = sorted(
    ".".join(("scalinglaws", *file.relative_to(ROOT).with_suffix("").parts))
    for file in ROOT.rglob("*.py")
    if file.name != "__init__.py"
)
PLANS = [
    name for name in MODULES if name.startswith("scalinglaws.experiments.") and ".plan" in name
]
HEAVY = ("torch", "jax", "pandas", "numba", "matplotlib")


def room(module):
    return module.split(".")[1]


def level(module):
    return next(number for number, rooms in enumerate(ROOMS) if room(module) in rooms)


def source_of(module):
    return ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py").read_text()


def own_imports(module):
    return [name for name in direct_imports(module) if name.count(".") and name in MODULES]


def test_every_room_is_on_the_list():
    listed = {name for rooms in ROOMS for name in rooms}
    assert {room(module) for module in MODULES} <= listed


def test_no_module_imports_a_room_above_its_own():
    upward = [
        f"{module} imports {other}"
        for module in MODULES
        for other in own_imports(module)
        if level(other) > level(module)
    ]
    assert upward == []


def test_no_modules_import_each_other_in_a_circle():
    graph = {module: own_imports(module) for module in MODULES}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) >= len(MODULES)


@pytest.mark.parametrize(
    ("above", "below"), [("figures", "fits"), ("training", "experiments"), ("fits", "experiments")]
)
def test_these_rooms_know_nothing_of_each_other(above, below):
    touching = [
        module
        for module in MODULES
        if room(module) == above and any(room(name) == below for name in own_imports(module))
    ]
    assert touching == []


def test_claims_are_judged_without_the_pages_that_show_them():
    from scalinglaws.codedigest import code_digest

    assert "scalinglaws.claims.page" not in code_digest("scalinglaws.stations.judge")


def test_what_modules_read_beside_them_is_packaged():
    project = tomllib.loads((ROOT.parents[1] / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["scalinglaws"]
    packaged = {file for pattern in patterns for file in ROOT.glob(pattern)}
    read = {file for ending in ("css", "js", "json") for file in ROOT.rglob(f"*.{ending}")}
    assert {ROOT / "claims" / "page.css", ROOT / "claims" / "page.js"} <= read
    assert read <= packaged


def test_planning_an_experiment_imports_no_heavy_library():
    program = f"import sys, {', '.join(PLANS)}; print([m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("module", PLANS)
def test_results_do_not_depend_on_what_a_plan_says_of_costs(module):
    family = Path(*module.split(".")[1:-1])
    for file in (ROOT / family).glob("run*.py"):
        name = ".".join(("scalinglaws", *file.relative_to(ROOT).with_suffix("").parts))
        assert module not in reached(name), name


def reached(module):
    from scalinglaws.codedigest import code_digest

    return code_digest(module)


def test_no_paper_is_named_in_an_engine():
    papers = ("bahri2021", "damico2025", "worschech2024")
    for file in sorted((ROOT / "training").glob("*.py")):
        texts = [
            node.value
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert not [text for text in texts if text in papers], file.name


# What changes how a library computes in the whole process, and the one module that may do it.
SETTERS = {
    "scalinglaws.training.arithmetic": (
        *("set_num_threads", "set_num_interop_threads", "set_default_dtype", "set_default_device"),
        *("set_float32_matmul_precision", "use_deterministic_algorithms", "set_flush_denormal"),
        *("allow_tf32", "benchmark", "deterministic", "threadpool_limits"),
    ),
    "scalinglaws.theory.committee": ("jax_enable_x64", "jax_default_matmul_precision"),
}
OF_CUDNN = {"benchmark", "deterministic"}  # elsewhere these words mean other things


def settings_made(module):
    """Process-wide settings that a module makes or hands on, as they are written."""
    every = {name for names in SETTERS.values() for name in names}
    found = []
    for node in ast.walk(ast.parse(source_of(module))):
        if isinstance(node, ast.Attribute) and node.attr in every:
            owner = getattr(node.value, "attr", "")
            found += [node.attr] if node.attr not in OF_CUDNN or owner == "cudnn" else []
        elif isinstance(node, ast.Constant) and node.value in every - OF_CUDNN:
            found.append(node.value)
    return found


def test_threads_and_precision_are_set_in_one_place():
    made = {module: settings_made(module) for module in MODULES}
    assert {module for module, found in made.items() if found} == set(SETTERS)
    for module, names in SETTERS.items():
        assert set(made[module]) <= set(names)


def test_only_a_station_sets_the_arithmetic_of_a_block():
    users = [
        module
        for module in MODULES
        if "scalinglaws.training.arithmetic" in own_imports(module)
        and "set_arithmetic" in source_of(module)
    ]
    assert users == ["scalinglaws.planning.calibrate", "scalinglaws.stations.block"]
