# Every target works from a clean clone: what it needs is installed first.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/installed
DOCS    := .venv-docs
# Two processes of one thread each: threads that wait for one another on a busy core cost many times what they save.
PYTEST  := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2
UV      := $(BIN)/uv pip
COMPILE := $(UV) compile pyproject.toml --universal --python-version 3.11 --extra dev --extra sweep \
           --no-emit-package opencv-python --no-header --quiet
COMPILE_DOCS := $(UV) compile --group pyproject.toml:docs --universal --python-version 3.11 --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help install demo table1 figure7 figure8 test test-all test-floors lint docs lock clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(STAMP) ## install everything into .venv
	@echo "installed; to activate: source $(VENV)/bin/activate"

# Compiled ahead, or every command of a read-only or no-bytecode environment pays ten seconds for its imports.
$(STAMP): pyproject.toml requirements.lock requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11; type make install PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-uv.lock
	@$(UV) sync --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(UV) install --python $(BIN)/python --no-deps --no-build-isolation --quiet -e .
	@touch $@

demo: $(STAMP) ## both stages on drawn fields in minutes: a table and a picture in demo/
	@$(BIN)/python experiments/demo.py

# ROOTS: WORD=DIR for each dataset at hand, in quotes together; output=FILE.md among them writes the table, too.
table1: $(STAMP) ## the published datasets; with ROOTS="icpr2012=DIR midogpp=DIR2" also what is found there
	@$(BIN)/python experiments/table1.py $(ROOTS)

# Without DATA drawn fields are shown; SET: settings of the dataset's own or fields=…, as in SET="scanner=H fields=8".
SHOWN = data=$(or $(DATA),synthetic) $(if $(ROOT),"root=$(ROOT)") $(SET)

figure7: $(STAMP) ## fields of a dataset beside their labels: make figure7 DATA=gzmh ROOT=DIR
	@$(BIN)/python experiments/figure7.py $(SHOWN)

figure8: $(STAMP) ## the same before and after stain normalisation: make figure8 DATA=gzmh ROOT=DIR STAIN=macenko
	@$(BIN)/python experiments/figure8.py $(SHOWN) stain=$(or $(STAIN),macenko)

test: lint ## style, types, imports and the tests, in minutes
	@$(PYTEST) -m "not slow"

# Property tests draw other examples in each run; SEED=… draws those of another run again.
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
lint: $(STAMP) ## style, types, and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright

# Without .venv: the sources are read, never imported.
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

clean: ## remove what was installed and made
	rm -rf $(VENV) .venv-floors $(DOCS) site demo .pytest_cache .ruff_cache .hypothesis
