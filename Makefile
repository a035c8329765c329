# Everything that can be done to this repository. Each target sets itself up: it needs python3 (3.11 or newer) and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# All extras but `pictures`: pdqhash has no wheel for Linux, and a machine without a compiler must do (decision 0001).
LOCKED := --extra server --extra charts --extra bench --extra dev
# Much of the suite waits for processes, so as many as there are cores share it; a file's tests stay together.
PROCESSES ?= auto
SHARED := $(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast check static lint types contracts check-protos protos check-docs docs bench lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16

demo: $(READY) ## start a service, fill it, ask it, play a day, kill it, verify: a minute, results in demo-out/
	$(BIN)/python -m demo --out demo-out

test: $(READY) ## run all tests against the installed package; the slowest twenty are printed
	$(SHARED) --durations=20

test-fast: $(READY) ## run the tests that are quick, in less than a minute; what is left out is printed
	$(SHARED) --fast

check: $(READY) ## what CI runs: the tests, and beside them all that needs no running
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=line) static test

static: lint types contracts check-protos check-docs ## ruff, mypy, import rules, protos and generated pages

lint: $(READY) ## ruff: rules and layout
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY) ## mypy, strict
	$(BIN)/mypy

contracts: $(READY) ## import-linter: no floor imports the one above
	$(BIN)/lint-imports --no-logo

check-protos: $(READY) ## buf lint, buf breaking (AGAINST=commit), hashsvc/v1 up to date
	$(BIN)/buf lint protos
	$(BIN)/python -m tools.check_breaking
	$(BIN)/python -m tools.generate_protos --check

protos: $(READY) ## generate hashsvc/v1 from protos/
	$(BIN)/python -m tools.generate_protos

check-docs: $(READY) ## docs/api.md, docs/cli.md and docs/config.md up to date
	$(BIN)/python -m tools.generate_docs --check

docs: $(READY) ## generate docs/api.md, docs/cli.md, docs/config.md, and README's tour by running it
	$(BIN)/python -m tools.generate_docs
	$(BIN)/python -m tools.tour

bench: $(READY) ## run the benchmarks at small sizes, append to benchmarks/results/, draw
	$(BIN)/python -m benchmarks all --small

lock: $(READY) ## choose versions anew within pyproject.toml's bounds, write requirements.lock
	$(BIN)/uv pip compile pyproject.toml $(LOCKED) --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --upgrade --quiet -o requirements.lock

clean: ## remove what the other targets made, the environment included
	rm -rf .venv build dist demo-out bench-data .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# The environment. Made anew when the lock or pyproject.toml changes; wheels only, each checked against its hash.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "hashsvc needs Python 3.11 or newer, and $(PYTHON) is missing or older: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)" >&2; \
		exit 1; }
	@echo "setting up .venv (the first time takes a minute or two)"
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@echo "compiling the search kernels, once"
	$(BIN)/python -c 'import hashsvc.index; hashsvc.index.warm()'
	@touch $@
