# Every target works from a clean clone: what it needs is installed first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed
UV     := $(BIN)/uv pip
DEMO   ?= demo

.DEFAULT_GOAL := help
.PHONY: help install demo test test-all test-floors lint lock clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(STAMP) ## install everything into .venv
	@echo "installed; to activate: source $(VENV)/bin/activate"

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than 3.11; try make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-uv.lock
	@$(UV) sync --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(UV) install --python $(BIN)/python --no-deps --no-build-isolation --quiet -e .
	@touch $@
