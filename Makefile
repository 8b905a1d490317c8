# `make serve` and `make test` are all a newcomer needs; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/uv pip compile pyproject.toml --group build --universal --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --python-version 3.11 --quiet
# Servers run without docstrings (`fedi_k12/bare.py`), also where they may not write here.
BARE = $(BIN)/python -OO -c 'import fedi_k12.cli.serve, fedi_k12.app'
WORKERS ?= 2
ARGS ?=
TEST := $(BIN)/python -m pytest -q $(ARGS)
# These measure how long things take: one after the other, and nothing beside them.
ALONE := $(addprefix tests/journeys/test_,hostile_hour.py kill.py two_districts.py)
# These start servers, browsers and other programs, and often wait for them, so that there is
# work for one more; a file shares what it has started.
APART := tests/browser tests/clients tests/journeys tests/cli
BESIDE := -n $(shell expr $(WORKERS) + 1) --dist loadfile
TOGETHER := -n $(WORKERS) $(addprefix --ignore=,$(APART))

# Servers and commands are started hundreds of times: what was compiled once is kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve demo test postgresql processes bench growth drills rolling coverage pictures sheet check lint types lock clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile

serve: $(VENV)/.runtime ## Serve http://localhost:8080, with everything under ./data
	@exec $(BIN)/fedi-k12 serve $(ARGS)

demo: $(VENV)/.runtime ## Start two small districts that talk with each other
	@exec $(BIN)/python -m fedi_k12 demo $(ARGS)

test: $(VENV)/.dev ## Run all tests, on SQLite and then on PostgreSQL
	$(TEST) $(ALONE)
	$(TEST) $(BESIDE) $(APART) $(addprefix --ignore=,$(ALONE))
	TEST_STATEMENTS=note $(TEST) $(TOGETHER)
	TEST_DATABASE=postgresql TEST_STATEMENTS=choose $(TEST) $(TOGETHER)

postgresql: $(VENV)/.dev ## Run on PostgreSQL every test that has a store, with all parameters
	TEST_DATABASE=postgresql $(TEST) $(TOGETHER)

processes: $(VENV)/.dev ## Run the journeys with each server as five processes on PostgreSQL
	TEST_SERVERS=postgresql-2x2 $(TEST) tests/journeys

bench: $(VENV)/.dev ## Measure how fast everything is, beside what the machine can do
	@$(BIN)/python -m tests.bench $(ARGS)

drills: $(VENV)/.dev ## Spoil what a server stands on, and say what is lost by it
	@$(BIN)/python -m tests.drills $(ARGS)

rolling: $(VENV)/.dev ## Run an older commit and this tree side by side on one PostgreSQL
	@$(BIN)/python -m tests.rolling $(ARGS)

growth: $(VENV)/.dev ## Measure what becomes of all that as posts, followers and members are many
	@$(BIN)/python -m tests.bench.growth $(ARGS)

coverage: $(VENV)/.dev ## Say how much of the code the tests on SQLite come by
	$(TEST) $(BESIDE) --cov --cov-report= --cov-fail-under=0 tests/cli
	$(TEST) --cov --cov-append --cov-report=term:skip-covered $(TOGETHER)

pictures: $(VENV)/.dev ## Draw the pictures of the help anew, from the pages they show
	$(BIN)/python -m tests.browser.pictures

sheet: $(VENV)/.dev ## Draw every page at two widths in four themes, to look at: build/sheet
	$(BIN)/python -m tests.browser.sheet $(ARGS)

check: lint types ## Run the quick checks: style, types, layers, dependencies

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/deptry .

types: $(VENV)/.dev
	$(BIN)/mypy

lock: $(VENV)/.dev ## Choose the newest versions anew and write them down with their hashes
	$(LOCK) --upgrade --output-file .ci/lock/runtime.txt
	$(LOCK) --upgrade --extra dev --constraints .ci/lock/runtime.txt --output-file .ci/lock/dev.txt

clean: ## Remove what was installed and measured, never ./data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "fedi-k12 needs Python 3.11 or later: make PYTHON=/path/to/python3.11 …"; exit 1; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

# The stamps say which locks are installed: nothing is installed twice.
$(VENV)/.runtime: .ci/lock/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Installing, once …"
	@$(PIP) install --no-deps --require-hashes -r .ci/lock/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BARE)
	@touch $@

$(VENV)/.dev: .ci/lock/dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need, once …"
	@$(PIP) install --no-compile --no-deps --require-hashes -r .ci/lock/dev.txt
	@touch $@
