# All commands work from a fresh clone with Python 3.11 or newer, make and git. `make help` lists them.

CONFIG ?= config/demo.toml
ARGS   ?=
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check --quiet install --constraint constraints.txt

# The first Python that is new enough; PYTHON=… chooses another.
PYTHON ?= $(firstword $(foreach python,python3.11 python3 python3.12 python3.13 python3.14,\
            $(shell $(python) -c 'import sys; sys.version_info >= (3, 11) and print("$(python)")' 2>/dev/null)))

# The first tool that builds images; BUILDER=… chooses another.
BUILDER ?= $(firstword $(foreach tool,docker podman buildah,$(shell command -v $(tool))))

.DEFAULT_GOAL := help
.PHONY: help crawl test torture test-postgres test-ray bench against house lint image image-browser image-test sentiment-model melody-model clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The program says which extras a config needs and lacks.
crawl: $(VENV)/.ready  ## run the demo; CONFIG=my.toml runs another job, ARGS="--max-pages 100" adds flags
	@extras=$$($(PY) -m asyncscrape check $(CONFIG) --extras 2>/dev/null) || true; test -z "$$extras" || { \
		echo "Installing what else $(CONFIG) needs ($$extras), once …"; \
		$(PIP) --no-build-isolation --editable ".[$$extras]"; }
	$(PY) -m asyncscrape run $(CONFIG) $(ARGS)

test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.ready-dev browser  ## run the tests, in parallel; ARGS=tests/test_urls.py runs one file
	$(PY) -m pytest -m "not torture" -n auto --dist loadfile $(ARGS)

# The tests whose jobs keep their state where ASYNCSCRAPE_TEST_FRONTIER says.
CRAWLS := $(addprefix tests/,crawl delivery downloads jobs/crypto/test_job.py jobs/music jobs/network/test_runs.py)

# Pages are opened in a real browser: without one, tests would say nothing of that.
.PHONY: browser
browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
		echo "The tests need a browser: apt-get install chromium" >&2; exit 1

torture: $(VENV)/.ready-dev  ## run the long tests: a hundred kills and more
	$(PY) -m pytest -m torture $(ARGS)

test-postgres: $(VENV)/.ready-dev browser  ## run the tests of crawls with the state of their jobs in Postgres
	ASYNCSCRAPE_TEST_FRONTIER=postgres $(PY) -m pytest -m "not torture" -n auto --dist loadfile $(or $(ARGS),$(CRAWLS))

test-ray: $(VENV)/.ready-ray  ## install Ray, and run the tests of workers that it places
	$(PY) -m pytest -m torture tests/many/test_ray.py $(ARGS)

bench: $(VENV)/.ready-dev .bench/.ready  ## measure speed beside bare loops and other crawlers, installed into .bench/venv
	$(PY) benchmarks/crawl.py $(ARGS)
	$(PY) benchmarks/parsing.py
	$(PY) benchmarks/archive.py
	$(PY) benchmarks/extract.py
	$(PY) benchmarks/browser.py
	$(PY) benchmarks/frontier.py
	$(PY) benchmarks/frontier_crawl.py
	$(PY) benchmarks/workers.py
	$(PY) benchmarks/many_workers.py
	$(PY) benchmarks/stores.py
	$(PY) benchmarks/crypto.py
	$(PY) benchmarks/music.py
	$(PY) benchmarks/network.py
	$(PY) benchmarks/network_report.py
	$(PY) benchmarks/sentiment.py
	$(PY) benchmarks/audio.py
	$(PY) benchmarks/generation.py
	$(PY) benchmarks/prediction.py

against: $(VENV)/.ready-dev  ## compare CPU time a page with another commit: REV=main; ARGS="--pairs 3" adds flags
	$(PY) benchmarks/against.py $(or $(REV),$(error name the commit to compare with, as in make against REV=main)) $(ARGS)

house:  ## print figures about the shape of the code, with their goals; TREE=… reads another checkout
	@$(or $(PYTHON),python3) tests/house.py $(TREE)

lint: $(VENV)/.ready-dev  ## run ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict

image:  ## build the container image "asyncscrape"; ARGS="--tag …" adds flags
	@test -n "$(BUILDER)" || { echo "To build an image, install docker, podman or buildah" >&2; exit 1; }
	$(BUILDER) build --tag asyncscrape $(ARGS) .

image-browser:  ## build the container image "asyncscrape-browser", which has a Chromium
	@test -n "$(BUILDER)" || { echo "To build an image, install docker, podman or buildah" >&2; exit 1; }
	$(BUILDER) build --tag asyncscrape-for-browser --build-arg EXTRAS=report,browser $(ARGS) .
	$(BUILDER) build --tag asyncscrape-browser --build-arg IMAGE=asyncscrape-for-browser --file deploy/browser.Dockerfile .

image-test: $(VENV)/.ready  ## build and run the image with buildah and runc, if they are installed
	@PYTHON=$(PY) deploy/test-image

sentiment-model: $(VENV)/.ready-dev  ## train the weights that judge comments, from training/sentiment, byte for byte
	OMP_NUM_THREADS=1 $(PY) -m training.sentiment.train

melody-model: $(VENV)/.ready-dev  ## train the network that plays melodies, byte for byte on the same machine
	OMP_NUM_THREADS=1 $(PY) -m training.melody.train

clean:  ## remove what these commands made, except data/
	rm -rf $(VENV) .bench build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Stamp files: a second call installs nothing, unless the pins or the project's metadata have changed.

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) cannot make a virtual environment: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV), once …"
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@echo "Installing the tools for tests and lint, once …"
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

$(VENV)/.ready-ray: $(VENV)/.ready-dev
	@echo "Installing Ray, once …"
	@$(PIP) --no-build-isolation --editable '.[dev,ray]'
	@touch $@

.bench/.ready: benchmarks/peers.txt | $(VENV)/bin/python
	@echo "Installing the other crawlers into .bench/venv, once …"
	@$(PY) -m venv .bench/venv
	@.bench/venv/bin/python -m pip --disable-pip-version-check --quiet install --requirement benchmarks/peers.txt
	@touch $@
