"""``python -m scalinglaws`` in an interpreter that is not the environment's."""

import subprocess
import sys
from pathlib import Path

import pytest

from scalinglaws import __main__ as main

WORKFLOW = Path(main.__file__).parents[1]


@pytest.mark.parametrize("version", [(3, 12, 1), (3, 13, 0), (3, 10, 4)])
def test_another_python_is_refused_in_a_sentence(version):
    problem = main.python_problem(version)
    assert problem is not None
    assert problem.startswith(f"this is Python 3.{version[1]}, expected Python 3.11: install it")
    assert "make environment" in problem


def test_the_wanted_python_is_the_one_of_the_project():
    assert main.python_problem((*main.WANTED, 9)) is None
    wanted = ".".join(map(str, main.WANTED))
    assert f'requires-python = ">={wanted},' in (WORKFLOW.parent / "pyproject.toml").read_text()


def test_a_missing_package_is_one_sentence_and_no_traceback():
    bare = [sys.executable, "-I", "-S", "-c"]  # without site-packages
    code = f"import sys, runpy; sys.path.insert(0, {str(WORKFLOW)!r}); "
    code += "sys.argv[1:] = ['plan']; runpy.run_module('scalinglaws', run_name='__main__')"
    done = subprocess.run([*bare, code], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: the package ")
    assert "is not in the environment of" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_missing_module_of_our_own_is_no_users_fault():
    lacking = ModuleNotFoundError("No module", name="scalinglaws.nowhere")
    with pytest.raises(ModuleNotFoundError):
        main.package_problem(lacking)
