# make demo      environment, installation, the intents example, two arms of the handbook example (eleven minutes; 36 on a processor without matrix units)
# make handbook  all arms of the handbook example
# make test      everything: lint, types, all tests with the real small models
# make quick     lint, types, and the tests that need no real model (two to three minutes)
# make lint      ruff and pyrefly
# make postgres  a private PostgreSQL with pgvector, for trying out; installs it as root; make postgres-stop ends it

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A thread that waits must not burn a core that another process needs.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 10000

.PHONY: demo handbook test quick lint clean postgres postgres-stop

demo: $(VENV)/installed
	$(BIN)/assay run examples/intents
	$(BIN)/assay run examples/handbook --only neighbours --only rag-lora --set compare.7.inner.epochs=1

handbook: $(VENV)/installed
	$(BIN)/assay run examples/handbook

# The slow ones start processes, which load libraries on one core each; the real models use both cores by themselves.
test: lint
	$(BIN)/python -m pytest -n 2 -m "not real and not slow"
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow and not real"
	$(BIN)/python -m pytest -m real

quick: lint
	$(BIN)/python -m pytest -n 2 -m "not real and not slow"

lint: $(VENV)/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyrefly check --python-interpreter-path $(BIN)/python

postgres:
	$(PYTHON) tests/postgres.py start

postgres-stop:
	$(PYTHON) tests/postgres.py stop

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	touch $@

$(VENV)/dev: $(VENV)/installed
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) examples/*/work examples/*/report examples/*/exam.jsonl
