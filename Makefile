# `make up` and `make test` need Python 3.11 or newer, git and make; everything else comes from requirements.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
LOCK = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
JOBS ?= auto

.PHONY: up down test suite check dist docs lock bench crash-test fault-test walk-test pictures clean

# The whole stack on the emulator, whose states pass 25 times as fast as AWS's.
up: $(VENV)/installed
	$(BIN)/tapctl up --env production --local --yes

down: $(VENV)/installed
	$(BIN)/tapctl down --env production --local --yes

# The check needs one core only; the suite has the others meanwhile.
test: $(VENV)/installed
	$(MAKE) --jobs 2 check suite

suite: $(VENV)/installed
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(JOBS) --dist worksteal
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --fail-under=100

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/mypy

# The wheel and the source distribution, in dist/.
dist: $(VENV)/installed
	$(BIN)/python -m hatchling build

# All that is generated in docs/; a test fails where one of them is not current.
docs: $(VENV)/installed
	$(BIN)/python -m reference docs
	$(BIN)/python -m tapctl.verify docs/verify.md
	$(BIN)/python -m tapctl.emulator.corrections docs/emulator.md
	$(BIN)/python -m tapctl.attestation docs/certificate.schema.json
	$(BIN)/python -m tapctl.render.schema docs
	$(BIN)/python -m tests.iam docs/permissions.md

bench: $(VENV)/installed
	$(BIN)/python -m bench

# These take long; stopped, they go on from there.
crash-test: $(VENV)/installed
	$(BIN)/python -m crashes

fault-test: $(VENV)/installed
	$(BIN)/python -m faults

walk-test: $(VENV)/installed
	$(BIN)/python -m walks

# The documentation's, from real runs on the emulator.
pictures: $(VENV)/installed
	$(BIN)/python -m pictures

# By uv, which is sooner done; by pip, which knows of other indexes than PyPI's, where uv finds none.
$(VENV)/installed: requirements.lock installer.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --requirement installer.lock && $(BIN)/uv pip install --quiet --python $(BIN)/python \
		--require-hashes --requirement requirements.lock || $(PIP) --require-hashes --requirement requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

# After a change of dependencies in pyproject.toml.
lock: $(VENV)/installed
	$(LOCK) pyproject.toml --extra local --extra dev --output-file requirements.lock
	echo uv | $(LOCK) - --output-file installer.lock

clean:
	rm -rf $(VENV)
