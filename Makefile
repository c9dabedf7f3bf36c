PYTHON ?= python3
BIN := .venv/bin
BROWSER := chromium
# What people read: documents but for the generated ones, and the rooms whose messages reach them.
PROSE := $(filter-out docs/access.md docs/fidelity.md docs/proof%,$(wildcard *.md docs/*.md environments/*.md)) \
	$(shell find checklist checks clients fixtures pages runner tests -name "*.py")

# Tests wait for pages and limits half of their time: so more workers than most machines have cores. What takes long
# goes first, and the many small tests fill up the end.
SELFTESTS := selftest/runs selftest/replica selftest/unit -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: acceptance test coverage test-nightly test-all lint proof mutants soak bench fidelity lock docs new-check

acceptance: .venv/ready ; sh .ci/browsers && sh .ci/webkit && $(BIN)/pytest -n 2 $(if $(VERSION),--site moodle=$(VERSION))
test: lint ; sh .ci/browsers && sh .ci/webkit && $(BIN)/pytest $(SELFTESTS) -m "not nightly"
coverage: .venv/ready ; sh .ci/browsers && sh .ci/webkit && $(BIN)/pytest $(SELFTESTS) -m "not nightly" --cov
test-nightly: .venv/ready ; sh .ci/browsers && sh .ci/webkit && $(BIN)/pytest $(SELFTESTS) -m nightly
test-all: test test-nightly ; $(BIN)/python -m selftest.machines --python $(PYTHON)
lint: .venv/ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry . --extend-exclude selftest && $(BIN)/deptry . --ignore DEP002,DEP004
	$(BIN)/oxlint checklist pages replica selftest
	$(BIN)/actionlint
	$(BIN)/hadolint Containerfile
	$(BIN)/codespell
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@$(BIN)/proselint --output-format compact check $(PROSE)
proof: .venv/ready ; sh .ci/browsers && $(BIN)/python -m selftest.proof --browser $(BROWSER) $(if $(FULL),--full)
mutants: .venv/ready ; sh .ci/browsers && $(BIN)/python -m selftest.mutants --plugin $(PLUGIN) --env $(ENV) --seed $(or $(SEED),1) --number $(or $(N),150) --minutes $(or $(MINUTES),0) --files "$(FILES)"
bench: .venv/ready ; sh .ci/browsers && $(BIN)/python -m selftest.bench
fidelity: .venv/ready ; $(BIN)/python -m selftest.fidelity --env $(ENV)
soak: .venv/ready ; sh .ci/browsers && $(BIN)/python -m selftest.proof.soak --browser $(BROWSER) --times $(or $(N),30) $(if $(VERSION),--site moodle=$(VERSION))
docs: .venv/ready
	$(BIN)/python -m selftest.proof.coverage > docs/coverage.md
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
new-check: .venv/ready ; @$(BIN)/python -m selftest.new_check "$(LINE)" "$(NAME)"

.venv/ready: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-deps --only-binary :all: --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip check
	touch $@

lock: .venv/ready ; $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group replica --group dev --group rush pyproject.toml --output-file requirements.lock
