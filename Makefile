# `make run` and `make test` do all the set-up on a fresh machine with Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run demo test check format install lock bench faults mutants messages

run: $(READY)
	$(BIN)/aefi run

demo: $(READY)
	$(BIN)/aefi demo

test: check
	$(BIN)/pytest tests -n auto -m "not browser and not servers" $(PYTEST_ARGS)
	$(BIN)/pytest tests -m "browser or servers" $(PYTEST_ARGS)
	node --test tests/js/

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy alerts observation aefi dashboards
	$(BIN)/djlint --check --quiet dashboards

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet dashboards

install: $(READY)

$(READY): requirements.lock pyproject.toml $(wildcard dashboards/locale/*/LC_MESSAGES/*.po)
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "AEFI Watch needs Python 3.11 or later: make run PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	$(BIN)/python -m dashboards.project.messages
	touch $@

faults: $(READY)
	$(BIN)/python -m tests.faults.run $(FAULTS_ARGS)

lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group dev pyproject.toml -o requirements.lock
