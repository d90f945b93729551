#!/usr/bin/env bash
# Makes envs/cpu.lock, envs/cuda.lock and their conda files from envs/requirements.in.
#
#   bash envs/make_locks.sh             after editing requirements.in: other pins stay as they are
#   bash envs/make_locks.sh --upgrade   take the newest of everything that requirements.in leaves open
#
# Needs Python 3.11 and the package index, and half a minute: versions and sha256 sums come from the
# index's metadata, nothing is installed here. Then: make environment, make test, commit all of envs/.
set -euo pipefail
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

python3.11 -m venv "$scratch/tool"
"$scratch/tool/bin/pip" install --quiet --disable-pip-version-check uv

touch "$scratch/before"
[ "${1:-}" = --upgrade ] || python3.11 locks.py pins > "$scratch/before"
# A changed requirement wins over its old pin. The sums are those of every file that the index has of
# a version, so that they hold on each platform; folders of wheels on this machine are left aside.
python3.11 locks.py free requirements.in < "$scratch/before" > "$scratch/constraints"
env -u PIP_FIND_LINKS -u UV_FIND_LINKS -u UV_INDEX "$scratch/tool/bin/uv" pip compile --quiet \
    --no-config --no-annotate --no-header --generate-hashes --no-strip-extras --python-version 3.11 \
    --python-platform x86_64-manylinux_2_28 --constraint "$scratch/constraints" \
    requirements.in > "$scratch/resolved"
python3.11 locks.py write "$scratch/resolved"
