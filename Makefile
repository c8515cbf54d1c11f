# Every command sets up .venv first, once: by the hashes of requirements.txt for the workflow, and of
# requirements-dev.txt for the developers' commands.
.DEFAULT_GOAL := help
.PHONY: help repro setup reproduce clean seeds renderings plain lecun1998 notebook recipe plateau hand setup-dev test slow check format figures bench audit fuzz lock page

# The stages call `python`, and the user may not have activated the environment.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
# DVC ends with advice about a remote, which this project does not have. Python must not hold its
# lines back in the pipe, or they would come after those of the stages.
export PYTHONUNBUFFERED := 1
NO_REMOTE := | grep --line-buffered -v '^Use `dvc push`'
INSTALLED := .venv/.installed
INSTALLED_DEV := .venv/.installed-dev

##@ Use

help: ## List the commands
	@awk -F ':.*## ' '/^##@ / {print "\n" substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

repro: setup  ## Fetch, convert, train, evaluate and report; only what changed runs
	@dvc repro $(NO_REMOTE)
	@python -m lenet results

setup: $(INSTALLED)  ## Make .venv with what the workflow needs

# Making .venv anew removes both marks, so an interrupted set-up leaves none.
$(INSTALLED): requirements.txt requirements-uv.txt tools/setup.sh
	@sh tools/setup.sh requirements.txt
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	@sh tools/setup.sh requirements-dev.txt
	@touch $@

reproduce: setup  ## Make all results anew in a clone, and compare them with the committed ones
	sh tools/reproduce.sh

clean:  ## Remove .venv, and the Python that set-up fetched if it had to
	rm -rf .venv .python

##@ Study

seeds: setup  ## Train from five seeds, as experiments, and print their row: about five minutes
	dvc exp run --queue -S seed=0,1,2,3,4
	dvc exp run --run-all --jobs 2 $(NO_REMOTE)
	@python -m lenet experiments

renderings: setup  ## Train from ten seeds on usps and on usps-zip: docs/seeds.csv, about half an hour
	dvc repro data/dvc.yaml:usps
	python -m lenet fetch usps-zip
	python -m studies seeds

plain: setup  ## Run a plain LeNet-5, digits and training as they come, as an experiment
	@dvc exp remove --quiet plain 2> /dev/null || true
	dvc exp run --temp --name plain \
		-S network.activation=tanh -S preprocess.centering=0 -S preprocess.proportion=0 -S test_shift=0 \
		-S augment.rotation=0 -S augment.scale=0 -S augment.shift=0 -S augment.gamma=0 -S augment.elastic=0 \
		-S weight_decay=0 $(NO_REMOTE)
	@python -m lenet results plain

lecun1998: setup  ## Run the network of the paper of 1998, trained by our recipe, as an experiment
	@dvc exp remove --quiet lecun1998 2> /dev/null || true
	dvc exp run --temp --name lecun1998 \
		-S network.c3=partial -S network.pooling=subsample -S network.activation=scaled_tanh $(NO_REMOTE)
	@python -m lenet results lecun1998

notebook: setup  ## Run the training of the lecture notebook, which never learns, as an experiment
	@dvc exp remove --quiet notebook 2> /dev/null || true
	dvc exp run --temp --name notebook \
		-S network.image_size=16 -S network.activation=sigmoid \
		-S preprocess.margin=0 -S preprocess.centering=0 -S preprocess.proportion=0 -S preprocess.input_range=[0,2] \
		-S augment.rotation=0 -S augment.scale=0 -S augment.shift=0 -S augment.gamma=0 -S augment.elastic=0 \
		-S test_shift=0 \
		-S validation_fraction=0 -S momentum=0 -S lr=0.9 -S lr_schedule=constant \
		-S weight_decay=0 -S batch_size=120 -S epochs=10 $(NO_REMOTE)
	@python -m lenet results notebook

recipe: setup  ## Train the recipe with one thing changed at a time: docs/recipe.csv, about an hour
	dvc repro convert@train convert@test
	python -m studies recipe

plateau: setup  ## Find out why the notebook never learned: docs/plateau/, about ten minutes
	dvc repro convert@train
	python -m studies plateau

hand: setup  ## Train on drawings of unusual hands: docs/hand.csv, about forty minutes
	dvc repro convert@train convert@test
	python -m studies hand

##@ Develop

setup-dev: $(INSTALLED_DEV)  ## Add what the tests, the checks and the benchmarks need

test: setup-dev  ## Run the tests
	python -m pytest -m "not slow"

slow: setup-dev  ## Run the slow tests: faults, remotes, sweeps, lost machines
	python -m pytest -m slow

check: setup-dev  ## Check style, types and dependencies
	ruff check
	ruff format --check
	mypy
	pip check

format: setup-dev  ## Format the code
	ruff format
	ruff check --fix

figures: setup  ## Write the tables of README and docs from the files of results
	python tools/figures.py

bench: setup-dev  ## Measure the speed of conversion, training and workflow, and write bench/RESULTS.md
	dvc repro convert@train convert@test
	python -m bench

audit: setup-dev  ## Look the pinned packages up among the known vulnerabilities
	pip-audit --strict --disable-pip --require-hashes --requirement requirements.txt \
		--requirement requirements-dev.txt --requirement requirements-uv.txt

fuzz: setup-dev  ## Give broken files to every reader, for about an hour
	python -m pytest -o faulthandler_timeout=0 --hypothesis-profile=fuzz tests/fuzz/test_fuzz.py
	for target in raw inspect picture npz params model predict; do \
		python -m tests.fuzz $$target -max_total_time=420 || exit 1; done

COMPILE := uv pip compile --universal --python-version 3.10 --no-python-downloads --generate-hashes \
	--custom-compile-command "make lock"

# uv keeps the versions of a file that it writes anew, so the smaller lock agrees with the larger.
# uv itself is locked for every Python, because a newer Python brings it in to fetch an older.
lock: setup-dev  ## Resolve the three lock files anew, with hashes and no index address
	$(COMPILE) --upgrade --extra dev --output-file requirements-dev.txt pyproject.toml
	cp requirements-dev.txt requirements.txt
	$(COMPILE) --extra workflow --output-file requirements.txt pyproject.toml
	cp requirements-dev.txt requirements-uv.txt
	echo uv | $(COMPILE) --no-config --output-file requirements-uv.txt -

page: setup  ## Make the page of `dvc plots` anew, with the Vega of the packages installed
	python tools/plots_page.py
