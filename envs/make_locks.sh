#!/usr/bin/env bash
# Makes envs/cpu.lock, envs/cuda.lock and their conda files from envs/requirements.in, and
# envs/audit.lock from envs/audit.in.
#
#   bash envs/make_locks.sh             after editing either: other pins stay as they are
#   bash envs/make_locks.sh --upgrade   take the newest of everything that they leave open
#
# Needs Python 3.11 and the package index, and half a minute: versions and sha256 sums come from the
# index's metadata, nothing is installed here. Then: make environment, make test, commit all of envs/.
set -euo pipefail
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

python3.11 -m venv "$scratch/tool"
"$scratch/tool/bin/pip" install --quiet --disable-pip-version-check uv

# A changed requirement wins over its old pin. The sums are those of every file that the index has of
# a version, so that they hold on each platform; folders of wheels on this machine are left aside.
resolved() { # requirements, name of their lock
    touch "$scratch/before"
    [ "$upgrade" = --upgrade ] || python3.11 locks.py pins "$2" > "$scratch/before"
    python3.11 locks.py free "$1" < "$scratch/before" > "$scratch/constraints"
    env -u PIP_FIND_LINKS -u UV_FIND_LINKS -u UV_INDEX "$scratch/tool/bin/uv" pip compile --quiet \
        --no-config --no-annotate --no-header --generate-hashes --no-strip-extras \
        --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
        --constraint "$scratch/constraints" "$1" > "$scratch/resolved"
}
upgrade=${1:-}
resolved requirements.in cuda
python3.11 locks.py write "$scratch/resolved"
resolved audit.in audit
python3.11 locks.py write-audit "$scratch/resolved"
