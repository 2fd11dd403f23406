# Every target works in a clean clone: it first installs what it needs.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/installed
DOCS    := .venv-docs
# Two single-threaded processes: on busy cores, multithreading costs far more than it saves. Each takes whole files, whose
# tests share trained runs, and the first to end takes over some of the other's.
TWO     := -n 2 --dist worksteal
PYTEST  := OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(TWO)
UV      := $(BIN)/uv pip
COMPILE := $(UV) compile pyproject.toml --universal --python-version 3.11 --extra dev --extra sweep --extra weights \
           --extra export --extra report --extra serve --no-emit-package opencv-python --no-header --quiet
COMPILE_DOCS := $(UV) compile --group pyproject.toml:docs --universal --python-version 3.11 --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help install benchmarks demo speedrun table1 figure1 figure5 figure7 figure8 figure9 figure10 figure11 models table2 table3 table4 figure6 unet_folds unet_without_augmentation \
        loss_table augment_table stain_table window_table cross_dataset report test test-all test-floors lint docs lock clean

help: ## list the targets
	@grep -hE '^[a-z0-9_-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-26s %s\n", $$1, $$2}'

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

# Other settings of both trainings: SET="max_steps=600 seed=1".
speedrun: $(STAMP) ## from raw fields to weights in an hour: make speedrun ICPR=DIR [ATYPIA=DIR] [FOLD=3]
	@test -n "$(ICPR)" || { echo "type make speedrun ICPR=DIR, the folder that holds A00_v2 … A04_v2"; exit 1; }
	@$(BIN)/python experiments/speedrun.py "icpr2012=$(ICPR)" $(if $(ATYPIA),"mitos_atypia14=$(ATYPIA)") $(if $(FOLD),fold=$(FOLD)) $(SET)

# ROOTS: WORD=DIR for each available dataset, all in one pair of quotes; with output=FILE.md the table is also written.
table1: $(STAMP) ## the published datasets; with ROOTS="icpr2012=DIR midogpp=DIR2" also counts of your copies
	@$(BIN)/python experiments/table1.py $(ROOTS)

# Without DATA, synthetic fields are shown. SET: the dataset's own settings or fields=…, as in SET="scanner=H fields=8".
SHOWN = data=$(or $(DATA),synthetic) $(if $(ROOT),"root=$(ROOT)") $(SET)

figure1: $(STAMP) ## mitoses and look-alikes of a dataset: make figure1 DATA=gzmh ROOT=DIR
	@$(BIN)/python experiments/figure1.py $(SHOWN)

figure7: $(STAMP) ## fields of a dataset next to their labels: make figure7 DATA=gzmh ROOT=DIR
	@$(BIN)/python experiments/figure7.py $(SHOWN)

figure8: $(STAMP) ## the same before and after stain normalisation: make figure8 DATA=gzmh ROOT=DIR STAIN=macenko
	@$(BIN)/python experiments/figure8.py $(SHOWN) stain=$(or $(STAIN),macenko)

figure5: $(STAMP) ## candidates of a segmenter's run beside their labels: make figure5 RUN=DIR
	@$(BIN)/python experiments/figure5.py "run=$(RUN)" $(SET)

figure9: $(STAMP) ## detections of an evaluated run on its test fields: make figure9 RUN=DIR
	@$(BIN)/python experiments/figure9.py "run=$(RUN)" $(SET)

figure11: $(STAMP) ## the same, of a run on GZMH
	@$(BIN)/python experiments/figure9.py "run=$(RUN)" "output=$(RUN)/figure11.png" $(SET)

figure10: $(STAMP) ## false candidates that stage two rejects: make figure10 RUN=DIR
	@$(BIN)/python experiments/figure10.py "run=$(RUN)" $(SET)

test: lint ## style, types, imports and the tests, in minutes
	@$(PYTEST) -m "not slow"

# What else is typed goes to the pipeline: make table4 data.root=DIR budget=short fold=0,1 hydra/launcher=joblib.
SWEEP = $(BIN)/python experiments/sweep.py $@ $(filter-out PYTHON=%,$(MAKEOVERRIDES))

table2: $(STAMP) ## SCMitosis, ablations of stage one: make table2 data.root=DIR, or budget=smoke for a trial
	@$(SWEEP)

table3: $(STAMP) ## SCMitosis beside the published methods: make table3 data.root=DIR; fold=official if you have the evaluation part
	@$(SWEEP)

table4: $(STAMP) ## six segmenters, alone and with stage two: make table4 data=gzmh data.root=DIR fold=official
	@$(SWEEP)

figure6: $(STAMP) ## five networks of stage two behind one segmenter
	@$(SWEEP)

unet_folds: $(STAMP) ## the U-Net paper's five folds with its augmentations: make unet_folds data.root=DIR
	@$(SWEEP)

unet_without_augmentation: $(STAMP) ## the same five folds without augmentation
	@$(SWEEP)

loss_table: $(STAMP) ## losses of stage one
	@$(SWEEP)

augment_table: $(STAMP) ## augmentations of stage one
	@$(SWEEP)

window_table: $(STAMP) ## sliding windows of stage one
	@$(SWEEP)

stain_table: $(STAMP) ## stain normalisations of both stages
	@$(SWEEP)

cross_dataset: $(STAMP) ## trained on one dataset, tested on others: make cross_dataset data.root=DIR others=[gzmh=DIR2]
	@$(SWEEP)

report: $(STAMP) ## evaluated runs as one page: make report RUNS=DIR
	@$(BIN)/python -m mitosis.report runs=$(or $(RUNS),runs)

# The peers are installed only for this: the group benchmarks, at the versions of everything else.
benchmarks: $(STAMP) ## speed against peers, written to benchmarks/README.md; QUICK=1 for a trial
	@$(UV) install --python $(BIN)/python --quiet --constraint requirements.lock --group pyproject.toml:benchmarks
	@QUICK=$(QUICK) $(BIN)/python benchmarks/table.py

# WORDS: some of the models; SET="side=1024 device=cpu" changes how they are measured.
models: $(STAMP) ## parameters, multiply-adds, time and memory of every network
	@$(BIN)/python benchmarks/models.py $(WORDS) $(SET)

# Property tests use new examples in every run; SEED=… repeats those of an earlier run.
SEED := $(or $(SEED),$(shell date +%s))
test-all: lint ## the linters and all tests, with new examples for property tests
	@echo "property tests draw from SEED=$(SEED); the same again: make test-all SEED=$(SEED)"
	@$(PYTEST) --hypothesis-profile=random --hypothesis-seed=$(SEED) || \
		{ echo "the same examples again: make test-all SEED=$(SEED)"; exit 1; }

test-floors: ## the tests on the lowest versions that pyproject.toml allows
	@$(MAKE) --no-print-directory VENV=.venv-floors install-floors
	@OMP_NUM_THREADS=1 .venv-floors/bin/python -m pytest $(TWO) -m "not slow"

install-floors:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-uv.lock
	@$(UV) install --python $(BIN)/python --resolution lowest-direct --compile-bytecode --quiet -e '.[dev,sweep,report]'

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

clean: ## remove environments, caches, site/ and demo/; runs stay
	rm -rf $(VENV) .venv-floors $(DOCS) site demo .pytest_cache .ruff_cache .hypothesis
