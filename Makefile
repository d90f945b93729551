# Thin names over the real commands; make prints each command before it runs it.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SCALE ?= quick
CORES ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
READY := $(VENV)/.installed
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help environment reproduce plan test benchmark lint format verify clean

help:           ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

environment: $(READY) ## create the locked environment in .venv

$(READY): envs/cpu.lock pyproject.toml
	$(or $(shell command -v $(PYTHON)),$(shell command -v python3),python3) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r envs/cpu.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

reproduce: $(READY) ## every figure, the ledger, report.html and replication.pdf (SCALE=quick)
	$(BIN)/python -m scalinglaws reproduce --scale $(SCALE) --cores $(CORES)

plan: $(READY)  ## what SCALE will run and what it costs
	$(BIN)/python -m scalinglaws plan --scale $(SCALE)

test: $(READY)  ## the tests
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile

benchmark: $(READY) ## speed of simulators and equations, as ratios measured in one run
	$(BIN)/python tests/performance/committee_simulators.py
	$(BIN)/python tests/performance/committee_theory.py
	$(BIN)/python tests/performance/perceptron_theory.py
	$(BIN)/python tests/performance/network_training.py
	$(BIN)/python tests/performance/image_networks.py
	$(BIN)/python tests/performance/linearised_networks.py
	$(BIN)/python tests/performance/mlp_ensembles.py

lint: $(READY)  ## formatting, linting, types, workflow lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/mypy
	$(BIN)/snakemake --lint

format: $(READY) ## rewrite sources in the common format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow/rules

verify: $(READY) ## check results against their manifest, code, fits and a repeated block
	$(BIN)/python -m scalinglaws verify --scale $(SCALE)

clean:          ## remove results of this SCALE (never results/reference)
	rm -rf results/$(SCALE)
