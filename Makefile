# Thin names over the real commands; make prints each command before it runs it.

IS_WANTED := -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
PYTHON ?= $(shell unset PYTHONHOME PYTHONPATH; for each in python3.11 python3 python; do \
	$$each $(IS_WANTED) && echo $$each && exit; done; echo python3.11)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
LOCK ?= envs/cpu.lock
CORES ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
# Empty: the scale of config/config.yaml.
SCALE ?=
SHORT ?=
SHIPPED := quick laptop workstation paper
OWN := $(filter-out $(SHIPPED),$(basename $(notdir $(wildcard config/scales/*.yaml))))
SCALES := $(strip $(SHIPPED) $(OWN))
scale_option = $(if $(SCALE),--scale '$(SCALE)')

export PATH := $(CURDIR)/$(BIN):$(PATH)
# Modules of a cluster put packages before the locked ones.
export PYTHONPATH := $(CURDIR)/workflow
unexport PYTHONHOME

# An environment holds the path of the folder it was made in: in a copied or moved repository its
# programs run the original's code, or nothing. There it is made anew, and so is one that another
# Python has made.
MADE_HERE := $(shell unset PYTHONHOME PYTHONPATH; { test "$$(cat $(READY))" = '$(CURDIR)' || \
	grep -qF -- '-m venv $(CURDIR)/$(VENV)' $(VENV)/pyvenv.cfg; } 2>/dev/null && \
	$(BIN)/python $(IS_WANTED) && echo yes)
ifeq ($(MADE_HERE),)
.PHONY: $(READY)
endif

.PHONY: help environment reproduce plan test test-kills benchmark benchmark-forecast benchmark-scaling audit lint format front-page verify clean

# Times are the plan's, for this machine once there is an environment, before that README's.
help:           ## show this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 20
	@echo; echo 'One figure, after: source .venv/bin/activate'
	@echo '  snakemake --cores all bahri2021_fig1a      (all names: snakemake --list-target-rules)'
	@echo
ifeq ($(MADE_HERE),)
	@echo 'How long, by the plan of two cores; of this machine after: make environment'
	@sed -nE 's/^\| `([a-z]+)` \|[^|]*\|([^|]*)\|([^|]*)\|.*/  make reproduce SCALE=\1\t\3  on\2/p' README.md | \
	expand -t 40
else
	@echo 'How long, $(BIN)/python -m scalinglaws plan --times' | sed 's#$(BIN)/##'
	@$(BIN)/python -m scalinglaws plan $(scale_option) --times
endif

environment: $(READY) ## the locked packages into .venv, checksums checked (GPUs: LOCK=envs/cuda.lock)

# venv makes none behind a link to another disk, so it is given the folder itself. pip must not
# find this package on PYTHONPATH: it would take it for installed.
$(READY): $(LOCK) pyproject.toml
	@'$(PYTHON)' $(IS_WANTED) || { found=$$('$(PYTHON)' --version 2>/dev/null) || found=missing; \
	echo "error: '$(PYTHON)' is $$found, expected Python 3.11; install it" \
	"(apt install python3.11-venv, uv python install 3.11, conda create -n py311 python=3.11)," \
	"or name it with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	'$(PYTHON)' -m venv $(if $(MADE_HERE),,--clear) \
	"$$('$(PYTHON)' -c 'import os; print(os.path.realpath("$(VENV)"))')"
	PYTHONPATH= $(BIN)/python envs/install.py '$(LOCK)'
	PYTHONPATH= $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	-$(BIN)/python -m scalinglaws calibrate
	@printf '%s\n' '$(CURDIR)' > $(READY)

reproduce: $(READY) ## every figure, verdict, page and the PDF (another scale: SCALE=laptop)
	$(BIN)/python -m scalinglaws reproduce $(scale_option) $(if $(CORES),--cores $(CORES))

plan: $(READY)  ## what SCALE will run and what it costs
	$(BIN)/python -m scalinglaws plan $(scale_option)

test: $(READY)  ## the tests
	$(BIN)/python -m pytest -n $(or $(CORES),auto) --dist loadfile --no-loadscope-reorder

test-kills: $(READY) ## a small run of everything, killed twenty times and started again
	$(BIN)/python -m pytest -m kills tests/workflow/test_kills.py

benchmark: $(READY) ## speed of simulators and equations, as ratios measured in one run
	$(BIN)/python tests/performance/committee_simulators.py
	$(BIN)/python tests/performance/committee_theory.py
	$(BIN)/python tests/performance/perceptron_theory.py
	$(BIN)/python tests/performance/network_training.py
	$(BIN)/python tests/performance/image_networks.py
	$(BIN)/python tests/performance/linearised_networks.py
	$(BIN)/python tests/performance/mlp_ensembles.py

benchmark-forecast: $(READY) ## forecasts held against public learning curves in DATA=FOLDER
	@test -n '$(DATA)' || { echo "error: DATA is empty, expected the folder of curves.csv and" \
	"chinchilla.csv; run: make benchmark-forecast DATA=FOLDER" >&2; exit 2; }
	$(BIN)/python tests/performance/forecasts.py '$(DATA)' --output results/benchmark_forecast.csv

benchmark-scaling: $(READY) ## how time and memory grow with sizes, threads and jobs (minutes: SHORT=yes)
	PYTHONPATH=$(PYTHONPATH):tests:tests/workflow $(BIN)/python tests/performance/scaling.py \
	results/benchmark_scaling $(if $(SHORT),--short --turns 1)

audit: $(VENV)/audit/bin/pip-audit ## known vulnerabilities of the locked packages, where a database can be asked
	$(BIN)/python envs/audit.py envs/cuda.lock $(VENV)/audit/bin/pip-audit

# Not of the environment: what it needs itself would be locked into results.
$(VENV)/audit/bin/pip-audit: $(READY) envs/audit.lock
	$(BIN)/python -m venv --clear $(VENV)/audit
	PYTHONPATH= $(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	--require-hashes --requirement envs/audit.lock

lint: $(READY)  ## formatting, linting, types, workflow lint
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m snakefmt --check Snakefile workflow/rules
	$(BIN)/python -m mypy
	$(BIN)/python -m snakemake --lint

format: $(READY) ## rewrite sources in the common format
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .
	$(BIN)/python -m snakefmt Snakefile workflow/rules

front-page: $(READY) ## the parts of README.md that follow from files, written anew
	$(BIN)/python -m scalinglaws front-page

verify: $(READY) ## check results, or on a fresh clone what is shipped: files, fits, verdicts, repeated blocks
	$(BIN)/python -m scalinglaws verify $(scale_option)

# A variable that is set but empty, as in a script, is no choice.
clean: cleaned = $(if $(filter file,$(origin SCALE)),$(shell sed -n 's/^scale: *\([A-Za-z0-9_]*\).*/\1/p' config/config.yaml),$(SCALE))
clean:          ## remove results of this SCALE (never results/reference)
	@test '$(words $(cleaned)) $(filter $(SCALES),$(cleaned))' = '1 $(cleaned)' || { \
	echo "error: SCALE is '$(cleaned)', expected one of $(SCALES); run for example:" \
	"make clean SCALE=quick" >&2; exit 2; }
	rm -rf 'results/$(cleaned)'
