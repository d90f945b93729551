"""How the rooms of the package hang together: who may import whom."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

from scalinglaws.codedigest import ROOT, direct_imports

# Lower rooms first; a module imports from its own row and those above it in this list.
ROOMS = (
    ("errors", "canonical", "rounding", "spelling", "columns", "files", "streams", "records"),
    ("strict_yaml", "codedigest", "config", "storage"),
    ("data", "networks", "theory"),
    ("measures",),
    ("curves", "statistics", "training"),
    ("forecast",),
    ("planning", "fits", "figures", "claims"),
    ("experiments", "document"),
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
