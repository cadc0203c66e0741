# Every target sets up what it needs: a fresh clone with Python 3.11+ and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than there are cores: some tests wait, for processes or for the delays that they are about.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(1 + len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)))')
READY := $(VENV)/.ready
# The second emulator of the tests asks for one exact version of botocore, older than the one that reconcile needs.
MINISTACK := .venv-ministack

.PHONY: help check test lint format demo bench bench-terraform fuzz fuzz-replay schema rules paths clean

help:  ## the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(READY): pyproject.toml tests/support/ministack.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "reconcile needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(PYTHON) -m venv $(MINISTACK)
	$(MINISTACK)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/support/ministack.txt
	@touch $(READY)

# Where Python may not write what it compiles, each of these processes would compile package and tests anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --dist worksteal -n

check: $(READY)  ## after each edit: lint, and every test that needs no emulator and no process
	@$(MAKE) --no-print-directory lint & lint=$$!; \
	$(PYTEST) $(WORKERS) tests/unit tests/contract tests/architecture; tests=$$?; \
	wait $$lint && exit $$tests

test: $(READY)  ## every test, on all cores
	@$(BIN)/python -m compileall -q reconciler
	$(PYTEST) $(WORKERS)

lint: $(READY)  ## ruff, mypy --strict, the layers
	$(BIN)/ruff check reconciler tests benchmarks examples scripts
	$(BIN)/ruff format --check reconciler tests benchmarks examples scripts
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## what ruff can mend by itself
	$(BIN)/ruff check --fix reconciler tests benchmarks examples scripts
	$(BIN)/ruff format reconciler tests benchmarks examples scripts

demo: $(READY)  ## the main job on the sandbox: plan, apply, drift, assume
	$(BIN)/python examples/demo.py

bench: $(READY)  ## counts and ratios of this machine, as docs/performance.md shows them
	$(BIN)/python -m benchmarks

bench-terraform: $(READY)  ## the middle size beside Terraform, where it is installed
	$(BIN)/python -m benchmarks terraform --sizes M --runs 3

# Other values: make fuzz FUZZ_SECONDS=60 FUZZ_TARGETS="yaml xml" FUZZ_SEED=2
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?=
FUZZ_SEED ?= 1
FUZZ_JOBS ?= $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)')

fuzz: $(READY)  ## spoil the inputs of every reader, ten minutes each
	$(BIN)/python -m tests.fuzz run $(FUZZ_TARGETS) --seconds $(FUZZ_SECONDS) --jobs $(FUZZ_JOBS) --seed $(FUZZ_SEED)

fuzz-replay: $(READY)  ## read an input again that `make fuzz` saved: INPUT=.fuzz/…
	$(BIN)/python -m tests.fuzz replay $(INPUT)

schema: $(READY)  ## write schemas/ from the code
	$(BIN)/python -m reconciler schema > schemas/reconcile.schema.json

rules: $(READY)  ## write docs/rules.md from reconciler/rules/
	$(BIN)/python -m reconciler rules --format markdown > docs/rules.md

# The list of ways to administrator power, from a download: make paths PATHS=download.json
PATHS ?=

paths: $(READY)  ## refresh the list of ways to administrator power: PATHS=download.json
	$(BIN)/python scripts/refresh_escalation_paths.py $(PATHS)

clean:  ## remove what the targets made
	rm -rf $(VENV) $(MINISTACK) .mypy_cache .ruff_cache .hypothesis .import_linter_cache .fuzz dist
