# The verbs of this repository. `make run` and `make test` need only git, make and Python 3.11.
PYTHON ?= python3.11
ifeq (,$(shell command -v $(PYTHON) 2>/dev/null))
PYTHON := python3
endif
BIN := .venv/bin
STAMP := .venv/.installed
export PYTHONHASHSEED ?= 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test lint types imports schemas docs bench fuzz crash simulate-check editor clean

# One stamp stands for "the locked dependencies and this package are installed".
$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	PIP_CONSTRAINT=requirements.lock $(BIN)/pip install --quiet --editable '.[dev]' --constraint requirements.lock
	@touch $@

run: $(STAMP)  ## plan the sample portfolio with the French pack
	$(BIN)/dunning plan --policy policies/fr-b2b.yaml --snapshot examples/portfolio --output out/plan.json

test: $(STAMP)  ## the whole default test suite, under ten minutes
	$(BIN)/python -m pytest -n 2

lint: $(STAMP)  ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)  ## strict types
	$(BIN)/mypy

imports: $(STAMP)  ## the direction of imports
	$(BIN)/lint-imports --no-cache

schemas: $(STAMP)  ## write schemas/ from the models
	$(BIN)/dunning schema --write schemas

docs: $(STAMP) schemas  ## write the generated parts of docs/
	$(BIN)/python -m policy_engine.reports.reference docs

bench: $(STAMP)  ## speed, as ratios in one run
	PIP_CONSTRAINT=requirements.lock $(BIN)/pip install --quiet --editable '.[bench]' --constraint requirements.lock
	$(BIN)/python benchmarks/run.py

fuzz: $(STAMP)  ## the property tests, many more examples, random
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n 2 -m property --timeout 3600

crash: $(STAMP)  ## kill workers 500 times on SQLite and on PostgreSQL, and the server; prints its figures
	$(BIN)/python -m tests.execution.crash

simulate-check: $(STAMP)  ## `simulate` against `plan` on each of 180 days of the sample
	SIMULATE_CHECK=1 $(BIN)/python -m pytest -n 2 tests/simulation/test_agreement.py --timeout 3600

editor: $(STAMP)  ## the schemas in the real yaml-language-server; needs Node.js
	npm ci --prefix tests/editor --no-audit --no-fund
	$(BIN)/python -m pytest tests/editor

clean:
	rm -rf tests/editor/node_modules .venv out .mypy_cache .ruff_cache .hypothesis build dist
