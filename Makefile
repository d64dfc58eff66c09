# calphos: `make help` lists the targets. Each makes the environment (.venv) first if it is not there yet.
# PYTHON=python3.12 chooses the Python; ARGS="..." is passed on to the program behind the target.

PYTHON ?=
ARGS ?=
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help env test-env handout-env lab test notebooks cases handouts pdf slides lms exchange bench calibrate validate versions pins clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1:/p' Makefile | awk -F: '{ printf "  make %-10s %s\n", $$1, $$2 }'

env: ## make the environment alone
	@sh tools/env.sh env

test-env:
	@sh tools/env.sh test

handout-env:
	@sh tools/env.sh handout

lab: ## open JupyterLab on the first notebook (ARGS="--port=9999")
	@sh tools/env.sh lab $(ARGS)

# Two workers, and never two for one notebook: its cells share a kernel. tests/conftest.py says which files come first.
test: test-env ## run all tests, and every notebook against its stored results (ARGS="-k clinic")
	@.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --mpl --nbval --nbval-current-env \
		--nbval-cell-timeout=180 --nbval-sanitize-with tools/nbval-sanitize.cfg --doctest-modules tests notebooks src/calphos exchange handout/spec.py $(ARGS)

notebooks: handout-env ## run every notebook in place and store normalised results (ARGS="notebooks/05*")
	@.venv/bin/python tools/notebooks.py run $(ARGS)

cases: env ## play the roads of every case of the clinic (ARGS=my.json: of one file)
	@.venv/bin/python tools/cases.py $(ARGS)

handouts: handout-env ## make the offline handouts, one HTML file a notebook
	@.venv/bin/python -m handout.build html $(ARGS)

pdf: handout-env ## make the handouts as PDF (needs Chromium)
	@.venv/bin/python -m handout.build pdf $(ARGS)

slides: handout-env ## make the lecture slides
	@.venv/bin/python -m handout.build slides $(ARGS)

lms: handout-env ## make SCORM packages, Moodle and QTI questions, Anki cards (ARGS=05: one notebook's SCORM package)
	@.venv/bin/python -m lms $(ARGS)

exchange: env ## make COMBINE archives (SBML, SED-ML) of each notebook's key figure for other simulators
	@.venv/bin/python -m exchange $(ARGS)

bench: test-env ## measure everything and write bench/results.md
	@.venv/bin/python bench/run.py $(ARGS)

calibrate: env ## fit the free parameters to the calibration targets
	@.venv/bin/python calibration/calibrate.py $(ARGS)

validate: env ## compare the model with data it was not fitted to
	@.venv/bin/python validation/validate.py $(ARGS)

versions: ## run the tests with the oldest and newest packages on every Python here (needs uv)
	@python3 tools/versions.py $(ARGS)

pins: ## renew the pinned requirements after a change in pyproject.toml (needs uv)
	@sh tools/pins.sh $(ARGS)

clean: ## remove the environment and everything that was made
	rm -rf .venv src/calphos/model/generated.py build dist .pytest_cache .ruff_cache .hypothesis .ipynb_checkpoints notebooks/.ipynb_checkpoints
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
