#!/usr/bin/env bash
# Makes envs/cpu.lock, envs/cuda.lock, envs/cpu.yaml and envs/cuda.yaml from envs/requirements.in.
# Needs Python 3.11 and the package index; about five minutes. Run it after editing
# requirements.in, then run the tests and commit all files together.
set -euo pipefail
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# cpu.lock: what pip really installs, so that the lock is an environment that has existed.
python3.11 -m venv "$scratch/cpu"
"$scratch/cpu/bin/pip" install --quiet --requirement requirements.in
"$scratch/cpu/bin/pip" check
{
    echo "# Exact pins of everything needed to run and to test, CPU only. Made by envs/make_locks.sh:"
    echo "# a fresh environment, pip install -r requirements.in, pip freeze. Tested by make test."
    echo "# torch: the CPU build where pip is offered one (PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL naming"
    echo "# PyTorch's CPU wheels), else the index's default build, which brings its CUDA libraries."
    # A local version tag (+cpu) exists on no public index.
    "$scratch/cpu/bin/pip" freeze --all | grep -v '^pip==' | sed 's/+cpu$//' | LC_ALL=C sort -f
} > "$scratch/cpu.lock"

# cuda.lock: the same pins plus the CUDA wheels, resolved from metadata alone (they are gigabytes).
# Of torch alone: theory is float64 on the CPU, and jax with CUDA would take the card from training.
"$scratch/cpu/bin/pip" install --quiet uv
cp requirements.in "$scratch/cuda.in"
{
    echo "# The pins of cpu.lock plus torch's CUDA 13 wheels, for Linux on x86-64. Made by"
    echo "# envs/make_locks.sh: resolved from the index's metadata, not installed where the lock was made."
    env -u PIP_FIND_LINKS "$scratch/cpu/bin/uv" pip compile --quiet --no-config --no-annotate \
        --no-header --python-version 3.11 --python-platform x86_64-manylinux_2_28 --no-strip-extras \
        --constraint "$scratch/cpu.lock" "$scratch/cuda.in" | LC_ALL=C sort -f
} > "$scratch/cuda.lock"

cp "$scratch/cpu.lock" "$scratch/cuda.lock" .
python3.11 make_conda.py
