# Yilian. `make help` lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
# Processes that share the tests.
TESTERS ?= 2

# What Python compiles is kept, whatever the environment says: half of what it takes to start a hub.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup serve demo test check format bench conformance fuzz lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## make .venv from the hash-pinned requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Yilian needs Python 3.11 or later: make PYTHON=python3.12 setup" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

serve: setup ## run the hub on loopback (HTTP 8080, MLLP 2575); Ctrl-C stops it
	@exec $(BIN)/yilian serve

demo: setup ## 38 simulated hospitals push to a hub, and one resident's record is shown
	@exec $(BIN)/yilian demo

test: setup ## run the whole test suite in two processes (TESTERS=N for others)
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist worksteal

check: setup ## format, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --no-cache .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## measure read, create, search and transaction beside PostgreSQL's own limit
	$(BIN)/python -m benchmarks.limits

conformance: setup ## run the outside suites: make conformance SUITES=path/to/shared/data
	@test -d "$(SUITES)" || { echo "SUITES must name the folder of the outside suites" >&2; exit 2; }
	$(BIN)/python -m benchmarks.acceptance $(SUITES)

fuzz: setup ## make requests of our OpenAPI description (schemathesis): none may make the hub fail
	$(BIN)/python -m benchmarks.fuzz

lock: ## compile requirements.lock again (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --extra dev pyproject.toml -o requirements.lock

clean: ## remove what setup and the tests made
	rm -rf $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
