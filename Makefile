# `make up` and `make test` need Python 3.11 or newer, git and make; everything else comes from requirements.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto

.PHONY: up down test check lock bench crash-test fault-test walk-test clean

# The whole stack on the emulator, whose states pass 25 times as fast as AWS's.
up: $(VENV)/installed
	$(BIN)/tapctl up --env production --local --yes

down: $(VENV)/installed
	$(BIN)/tapctl down --env production --local --yes

test: $(VENV)/installed check
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(JOBS) --dist worksteal --ignore tests/conformance --ignore tests/test_bench.py
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --fail-under=100
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests/conformance tests/test_bench.py

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/installed
	$(BIN)/python -m bench

# These take long; stopped, they go on from there.
crash-test: $(VENV)/installed
	$(BIN)/python -m crashes

fault-test: $(VENV)/installed
	$(BIN)/python -m faults

walk-test: $(VENV)/installed
	$(BIN)/python -m walks

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# After a change of dependencies in pyproject.toml.
lock:
	uv pip compile pyproject.toml --extra local --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV)
