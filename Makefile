# Every command sets up .venv first, once: from requirements.txt, by its hashes.
.DEFAULT_GOAL := help
.PHONY: help setup repro reproduce test slow fuzz audit check format bench recipe plateau plain lecun1998 notebook lock page clean

# The stages call `python`, and a person may not have activated the environment.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
INSTALLED := .venv/.installed

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED)  ## Make .venv with everything the project needs

$(INSTALLED): requirements.txt tools/setup.sh
	sh tools/setup.sh
	touch $@

# The digits too, though nothing uses them here: all that data/dvc.lock knows should be there to push.
repro: setup  ## Fetch, convert, train and evaluate, as far as something changed
	dvc repro dvc.yaml data/dvc.yaml:digits

reproduce: setup  ## Make all results anew in a clone, and compare them with the committed ones
	python tools/reproduce.py

test: setup  ## Run the tests
	python -m pytest -m "not slow"

slow: setup  ## Run those tests that take longest: of faults, remotes, sweeps and lost machines
	python -m pytest -m slow

fuzz: setup  ## Put broken files to every reader, for about an hour
	python -m pytest --hypothesis-profile=fuzz tests/fuzz/test_fuzz.py
	for target in raw picture npz params model predict; do \
		python -m tests.fuzz $$target -max_total_time=420 || exit 1; done

audit: setup  ## Look the pinned packages up among the known vulnerabilities
	pip-audit --strict --disable-pip --require-hashes --requirement requirements.txt

check: setup  ## Check style, types and dependencies
	ruff check
	ruff format --check
	mypy
	pip check

format: setup  ## Format the code
	ruff check --fix
	ruff format

bench: setup  ## Measure the speed of conversion, training and workflow, and write bench/RESULTS.md
	dvc repro convert@train convert@test
	python -m bench

recipe: setup  ## Train the recipe with one thing changed at a time: docs/recipe.csv, about an hour
	dvc repro convert@train convert@test
	python -m studies recipe

plateau: setup  ## Find out why the notebook never learned: docs/plateau/, about ten minutes
	dvc repro convert@train
	python -m studies plateau

plain: setup  ## Run a plain LeNet-5, digits and training as they come, as an experiment
	dvc exp run --temp --force --name plain \
		-S centering=0 -S proportion=0 -S test_shift=0 -S activation=tanh \
		-S rotation=0 -S shear=0 -S scale=0 -S aspect=0 -S shift=0 -S gamma=0 \
		-S weight_decay=0 -S label_smoothing=0

lecun1998: setup  ## Run the network as LeCun had it in 1998, trained by our recipe, as an experiment
	dvc exp run --temp --force --name lecun1998 \
		-S c3=partial -S pooling=subsample -S activation=scaled_tanh

notebook: setup  ## Run the lecture notebook's training, which never learns, as an experiment
	dvc exp run --temp --force --name notebook \
		-S image_size=16 -S margin=0 -S centering=0 -S proportion=0 -S test_shift=0 \
		-S input_range=[0,2] -S activation=sigmoid \
		-S rotation=0 -S shear=0 -S scale=0 -S aspect=0 -S shift=0 -S gamma=0 \
		-S validation_fraction=0 \
		-S optimizer=sgd -S momentum=0 -S lr=0.9 -S lr_schedule=constant -S warmup_epochs=0 \
		-S weight_decay=0 -S label_smoothing=0 -S batch_size=120 -S epochs=10

lock: setup  ## Resolve requirements.txt anew, with hashes and no index address
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.10 \
		--no-python-downloads --generate-hashes --upgrade \
		--custom-compile-command "make lock" --output-file requirements.txt

page: setup  ## Make the page of `dvc plots` anew, with the Vega of the packages installed
	python tools/plots_page.py

clean:  ## Remove .venv
	rm -rf .venv
