# Every target works in a clean clone: it first installs what it needs.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/installed
DOCS    := .venv-docs
# Two single-threaded processes: on busy cores, multithreading costs far more than it saves.
PYTEST  := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2
UV      := $(BIN)/uv pip
COMPILE := $(UV) compile pyproject.toml --universal --python-version 3.11 --extra dev --extra sweep --extra weights \
           --no-emit-package opencv-python --no-header --quiet
COMPILE_DOCS := $(UV) compile --group pyproject.toml:docs --universal --python-version 3.11 --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help install demo table1 figure7 figure8 test test-all test-floors lint docs lock clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(STAMP) ## install everything into .venv
	@echo "installed; to activate: source $(VENV)/bin/activate"

# Compiled in advance: without bytecode, the imports of every command would take ten more seconds.
$(STAMP): pyproject.toml requirements.lock requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11; type make install PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-uv.lock
	@$(UV) sync --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(UV) install --python $(BIN)/python --no-deps --no-build-isolation --quiet -e .
	@touch $@

demo: $(STAMP) ## both stages on synthetic fields, in minutes: a table and a picture in demo/
	@$(BIN)/python experiments/demo.py

# ROOTS: WORD=DIR for each available dataset, all in one pair of quotes; with output=FILE.md the table is also written.
table1: $(STAMP) ## the published datasets; with ROOTS="icpr2012=DIR midogpp=DIR2" also counts of your copies
	@$(BIN)/python experiments/table1.py $(ROOTS)

# Without DATA, synthetic fields are shown. SET: the dataset's own settings or fields=…, as in SET="scanner=H fields=8".
SHOWN = data=$(or $(DATA),synthetic) $(if $(ROOT),"root=$(ROOT)") $(SET)

figure7: $(STAMP) ## fields of a dataset next to their labels: make figure7 DATA=gzmh ROOT=DIR
	@$(BIN)/python experiments/figure7.py $(SHOWN)

figure8: $(STAMP) ## the same before and after stain normalisation: make figure8 DATA=gzmh ROOT=DIR STAIN=macenko
	@$(BIN)/python experiments/figure8.py $(SHOWN) stain=$(or $(STAIN),macenko)

test: lint ## style, types, imports and the tests, in minutes
	@$(PYTEST) -m "not slow"

# Property tests use new examples in every run; SEED=… repeats those of an earlier run.
SEED := $(or $(SEED),$(shell date +%s))
test-all: lint ## the same with the slow tests, and new examples for property tests
	@echo "property tests draw from SEED=$(SEED); the same again: make test-all SEED=$(SEED)"
	@$(PYTEST) --hypothesis-profile=random --hypothesis-seed=$(SEED) || \
		{ echo "the same examples again: make test-all SEED=$(SEED)"; exit 1; }

test-floors: ## the tests on the lowest versions that pyproject.toml allows
	@$(MAKE) --no-print-directory VENV=.venv-floors install-floors
	@OMP_NUM_THREADS=1 .venv-floors/bin/python -m pytest -n 2 -m "not slow"

install-floors:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-uv.lock
	@$(UV) install --python $(BIN)/python --resolution lowest-direct --compile-bytecode --quiet -e '.[dev,sweep]'

# Without the warnings pyright asks for nothing but its own files: no newer version is looked up.
lint: $(STAMP) ## style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright

# Does not need .venv: the sources are parsed, never imported.
docs: $(DOCS)/installed ## the documentation, as pages in site/ and docs/rooms.svg
	@PYTHONPATH=. $(DOCS)/bin/python docs/rooms.py
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict
	@echo "open site/index.html"

$(DOCS)/installed: requirements-docs.lock
	@test -x $(DOCS)/bin/python || $(PYTHON) -m venv $(DOCS)
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.lock
	@touch $@

lock: $(STAMP) ## resolve the newest allowed versions into the locks
	@$(COMPILE) --upgrade --generate-hashes -o requirements.lock
	@$(COMPILE_DOCS) --upgrade --generate-hashes -o requirements-docs.lock

clean: ## remove everything installed or generated
	rm -rf $(VENV) .venv-floors $(DOCS) site demo .pytest_cache .ruff_cache .hypothesis
