# make demo      environment, installation, a race of seven strategies on the intents example, LoRA among them (at most five minutes)
# make intents   all strategies of the intents example, each on all rows, however long it takes
# make handbook  the handbook example: as many of its arms as 14 minutes allow; the same command goes on
# make voice     the voice example, a help desk's tone of voice: as many of its arms as 14 minutes allow; the same command goes on
# make test      lint, types, all tests but the nightly ones, with the real small models (eight to eleven minutes on two cores)
# make quick     lint, types, and the tests of less than a processor second that need no real model (90 seconds to two minutes)
# make nightly   the long ones: every step interrupted, every method on two processes, ten times the random examples (two hours)
# make lint      ruff, pyrefly and import-linter
# make constraints  the pins of constraints.txt with hashes, for Python 3.11 to 3.13, in constraints/
# make postgres  a private PostgreSQL with pgvector, for trying out; installs it as root; make postgres-stop ends it

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A thread that waits must not burn a core that another process needs.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 10000
# Each of the processes that tests start would compile the package anew.
export PYTHONDONTWRITEBYTECODE :=
# What is imported is compiled then: to compile all that is installed takes three times as long.
PIP := $(BIN)/python -m pip install -q --no-compile -c constraints.txt
# A process with a thread for each core, for the networks of most tests are too small for two threads; and two more,
# since a quarter of the time tests wait: for a disk, a server, a program that has to be stopped.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --processes 4

.PHONY: demo intents handbook voice test tests quick nightly lint clean constraints postgres postgres-stop

demo: $(VENV)/installed
	$(BIN)/assay run examples/demo

intents: $(VENV)/installed
	$(BIN)/assay run examples/intents

handbook: $(VENV)/installed
	$(BIN)/assay run examples/handbook --minutes 14

voice: $(VENV)/installed
	$(BIN)/assay run examples/voice --minutes 14

# Lint and types run while the tests are collected.
test: $(VENV)/dev
	$(MAKE) --no-print-directory -j2 lint tests CHOSEN="not nightly"

quick: $(VENV)/dev
	$(MAKE) --no-print-directory -j2 lint tests CHOSEN="not real and not slow and not nightly"

nightly: lint
	ASSAY_HYPOTHESIS=nightly $(PYTEST) -m nightly

CHOSEN ?= not nightly
tests: $(VENV)/dev
	$(PYTEST) -m "$(CHOSEN)"

lint: $(VENV)/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyrefly check --python-interpreter-path $(BIN)/python
	$(BIN)/lint-imports

constraints: $(VENV)/installed
	$(BIN)/python -m pip install -q --no-compile uv
	$(BIN)/python constraints/renew.py

postgres:
	$(PYTHON) tests/helpers/postgres.py start

postgres-stop:
	$(PYTHON) tests/helpers/postgres.py stop

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(PIP) -e ".[models]"
	touch $@

$(VENV)/dev: $(VENV)/installed
	$(PIP) -e ".[dev]"
	-$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib src # else the first tests that import something pay for it
	touch $@

clean:
	rm -rf $(VENV) examples/*/work examples/*/report examples/*/exam.jsonl
