# One environment for the command and the tests; `make help` lists what there is.
# Run, not only found: a version manager's shim may name a Python that is not there.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do $$name -c '' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
PIP_FLAGS := --quiet --disable-pip-version-check

# The machine's own architecture, so that `sam local` can run what was built; a deployment passes its own.
BUILD_ARCH ?= $(subst aarch64,arm64,$(shell uname -m))
export BUILD_ARCH

# Enough for the command; the tests and linters come on top.
.venv/.command: requirements/command.txt requirements/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cargohold needs Python 3.11 or newer")'
	@echo "setting up .venv"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install $(PIP_FLAGS) --require-hashes -r requirements/command.txt -r requirements/build.txt
	$(BIN)/pip install $(PIP_FLAGS) --no-deps --no-build-isolation -e .
	touch $@

.venv/.ready: .venv/.command requirements/dev.txt
	$(BIN)/pip install $(PIP_FLAGS) --require-hashes -r requirements/dev.txt
	touch $@

# aws-sam-cli has an environment of its own: it pins boto3, pydantic and cfn-lint. With --no-deps, because pip
# cannot match the extras it asks for against a lock; `pip check` then proves that the lock is whole.
.sam/.ready: requirements/sam.txt
	$(PYTHON) -m venv .sam
	.sam/bin/pip install $(PIP_FLAGS) --require-hashes --no-deps -r requirements/sam.txt
	.sam/bin/pip check
	touch $@

# Environments of their own, for what pins half of what the others do: checkov; what asks for known vulnerabilities
# (audit); what Cargohold is compared with (parity); a real Swift and Keystone for the tests.
.checkov/.ready .audit/.ready .parity/.ready .swift/.ready: .%/.ready: requirements/%.txt
	$(PYTHON) -m venv .$*
	.$*/bin/pip install $(PIP_FLAGS) --require-hashes -r $<
	touch $@

SAM := SAM_CLI_TELEMETRY=0 .sam/bin/sam

.PHONY: help
help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1  /p' Makefile | sort | awk '{n=$$1; $$1=""; printf "  %-15s%s\n", n, $$0}'

.PHONY: demo
demo: .venv/.command  ## run the main job once: analyze, query, archive, restore (IMAGE=docker://... for any image)
	@$(BIN)/cargohold demo $(IMAGE)

.PHONY: test
test: .venv/.ready .swift/.ready  ## set up and run the tests, slow ones apart
	$(BIN)/pytest -q -n auto -m "not slow"

.PHONY: test-all
test-all: .venv/.ready .sam/.ready .swift/.ready  ## run the slow tests: the real runtime, load, crashes
	$(BIN)/pytest -q -m slow

N ?= 2000
JOBS ?= 2

.PHONY: crash
crash: .venv/.ready .swift/.ready  ## kill N transitions of the archive at any moment, on every pair of stores (SEED=, JOBS=)
	$(BIN)/python -m tests.crash.long $(N) $(SEED) --jobs $(JOBS)

SECONDS ?= 10
SEED ?= 1
CATALOGER ?=

.PHONY: fuzz
fuzz: .venv/.ready  ## break parsers with mutated files, SECONDS of CPU for each (CATALOGER=NAME for one, SEED=)
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) --seed $(SEED) $(CATALOGER)

.PHONY: parity
parity: .venv/.ready .parity/.ready  ## compare with Syft over real images (TEST_CORPUS=DIR for more of them)
	$(BIN)/python -m benchmarks.parity

.PHONY: bench
bench: .venv/.ready .parity/.ready  ## measure beside Syft (RUNS=5 runs; CHECK=1 fails on a missed target)
	$(BIN)/python -m benchmarks.speed $(if $(RUNS),--runs $(RUNS)) $(if $(CHECK),--check)

GIGABYTES ?= 20

.PHONY: bench-growth
bench-growth: .venv/.ready  ## measure the memory of a layer of a million entries and of one of GIGABYTES=20
	$(BIN)/python -m benchmarks.growth --gigabytes $(GIGABYTES)

IMAGES ?= 1000000

.PHONY: bench-storage
bench-storage: .venv/.ready  ## measure the database of IMAGES=1000000 images (CHECK=1 fails on a missed target)
	$(BIN)/python -m benchmarks.storage --images $(IMAGES) $(if $(CHECK),--check)

.PHONY: docs
docs: .venv/.ready  ## write the pages that are made from code
	$(BIN)/python -m docs.reference

.PHONY: build
build: .sam/.ready  ## build the functions and layers for BUILD_ARCH into .aws-sam
	PYTHON=$(CURDIR)/.sam/bin/python $(SAM) build

# A deployment builds for the functions' architecture, whatever this machine's is.
ARCHITECTURE ?= arm64
STACK ?= cargohold
PARAMETERS ?=

.PHONY: deploy
deploy: .sam/.ready  ## build and deploy the stack, then migrate its database
	BUILD_ARCH=$(ARCHITECTURE) PYTHON=$(CURDIR)/.sam/bin/python $(SAM) build
	$(SAM) deploy --stack-name $(STACK) --parameter-overrides Architecture=$(ARCHITECTURE) $(PARAMETERS)
	$(SAM) remote invoke MigrateFunction --stack-name $(STACK)

.PHONY: check
check: .venv/.ready .sam/.ready .checkov/.ready audit  ## formatting, lint, types, who imports whom, the template, shell
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/squawk layers/common/cargohold/database/migrations/*.sql
	$(BIN)/cfn-lint template.yaml
	$(SAM) validate --lint --region eu-central-1
	.checkov/bin/checkov
	bash -n .ci/run
	! grep -nEi '^ *(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)|https?://' requirements/*

.PHONY: audit
audit: .venv/.ready .audit/.ready  ## ask for known vulnerabilities of what is shipped, where an index answers
	$(BIN)/python .ci/audit.py

.PHONY: sbom
sbom: .venv/.ready  ## write SBOMs of what is shipped, made by Cargohold, into .build
	$(BIN)/python -m docs.own_sbom

.PHONY: clean
clean:  ## remove what was built; the environments stay
	rm -rf .aws-sam .build .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
