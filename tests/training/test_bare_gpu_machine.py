import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).resolve().parents[1] / "gpu" / "check.py"
# Modules that raise at import, as on a machine with torch and little else.
ABSENT = """
import importlib.abc, importlib.util, runpy, sys

def absent(name):
    return name.partition(".")[0] in ("jsonschema", "snakemake", "seaborn", "jax")

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if absent(name):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if absent(name) else found(name, *rest)
script = sys.argv[1]
sys.argv = sys.argv[1:]
runpy.run_path(script, run_name="__main__")
"""


@pytest.mark.parametrize("section", ["kernels", "variance", "speed"])
def test_the_check_of_a_gpu_needs_neither_snakemake_nor_jsonschema(
    section: str, tmp_path: Path
) -> None:
    output = tmp_path / "found.json"
    only = {"kernels": "CNN_MNIST", "variance": "centred", "speed": "ViT_MNIST"}[section]
    command = [sys.executable, "-c", ABSENT, str(CHECK), "--output", str(output), "--only", only]
    command += ["--device", "cpu", "--small", "--inside", section]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "failed" not in output.read_text(), done.stderr
    assert json.loads(output.read_text())
