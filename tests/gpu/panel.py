"""The authors' own CNN on CIFAR-10 at its full size, as blocks whose tables the DAG accepts.

    python tests/gpu/panel.py --data results/data/cifar10.npz --output FOLDER

Runs the blocks of panel CNN_CIFAR10 of scale workstation (config/scales/workstation.yaml: eight
training sizes, five seeds, a hundred epochs; at most nine minutes on an H100) through the same code
as rule train_block. Their files belong in results/workstation/runs/damico2025/cnn_curves. Needs no
snakemake or jsonschema. Blocks run side by side: one network of this size does not fill the GPU.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
EXPERIMENT, PANEL = "cnn_curves", "CNN_CIFAR10"


def main() -> int:
    options = parser().parse_args()
    sys.path[:0] = [str(HERE.parents[2] / "workflow"), str(HERE.parents[1])]
    from gpu.bare import without_jsonschema

    without_jsonschema()
    blocks = planned(options)
    if options.block:
        run({block.name: block for block in blocks}[options.block], options)
        return 0
    began = time.monotonic()
    blocks = blocks[: options.blocks]
    command = [sys.executable, str(HERE), *sys.argv[1:], "--block"]
    # A processor core each, as rule train_block has it: else their libraries take all of them.
    one = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    running = {block.name: subprocess.Popen([*command, block.name], env=one) for block in blocks}
    failed = [name for name, process in running.items() if process.wait()]
    members = sum(block.members for block in blocks)
    print(f"{members} members in {time.monotonic() - began:.0f} s, failed: {failed or 'none'}")
    return int(bool(failed))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--data", type=Path, required=True, help="CIFAR-10 as rule fetch_data has it")
    made.add_argument("--output", type=Path, required=True)
    made.add_argument("--seed", type=int, help="root seed, by default the registered one")
    made.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    made.add_argument("--blocks", type=int, help="only the first so many, a seed each")
    made.add_argument("--block", help=argparse.SUPPRESS)
    return made


def planned(options: argparse.Namespace) -> list[Any]:
    from gpu.cases import sizes_at
    from scalinglaws.config import registered_seed
    from scalinglaws.experiments.learning_curves.plan import blocks
    from scalinglaws.planning.blocks import Request

    sizes = sizes_at("workstation")["damico2025"][EXPERIMENT]
    panel = {**sizes, "panels": {PANEL: sizes["panels"][PANEL]}}
    seed = registered_seed() if options.seed is None else options.seed
    asked = Request("damico2025", "learning_curves", EXPERIMENT, panel, seed, "cuda")
    return blocks(asked)


def run(block: Any, options: argparse.Namespace) -> None:
    from scalinglaws.stations.block import job_of, run_block

    job = replace(job_of(block, [str(options.data)]), device=options.device)
    run_block(job, options.output / f"{block.name}.state", options.output / f"{block.name}.parquet")


if __name__ == "__main__":
    sys.exit(main())
