PYTHON ?= python3
BIN := .venv/bin

.PHONY: acceptance test proof soak bench

acceptance: .venv/ready ; sh .ci/browsers && $(BIN)/pytest
test: .venv/ready ; sh .ci/browsers && $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/actionlint && $(BIN)/pytest selftest

.venv/ready: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	touch $@
