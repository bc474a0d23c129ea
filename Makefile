# Everything from a fresh clone with Python 3.11 or newer, make and git: `make crawl`, `make test`; `make help` lists all.

CONFIG ?= config/demo.toml
ARGS   ?=
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check --quiet install --constraint constraints.txt

# The first Python that is new enough; PYTHON=… takes another one.
PYTHON ?= $(firstword $(foreach python,python3.11 python3 python3.12 python3.13 python3.14,\
            $(shell $(python) -c 'import sys; sys.version_info >= (3, 11) and print("$(python)")' 2>/dev/null)))

# What builds images; BUILDER=… takes another one.
BUILDER ?= $(firstword $(foreach tool,docker podman buildah,$(shell command -v $(tool))))

.DEFAULT_GOAL := help
.PHONY: help crawl test torture bench against house lint image image-test clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The program itself says which extras a config needs.
crawl: $(VENV)/.ready  ## run the demo, or another job: CONFIG=my.toml, and ARGS="--max-pages 100" for flags
	@extras=$$($(PY) -m asyncscrape check $(CONFIG) --extras 2>/dev/null) || true; test -z "$$extras" || { \
		echo "Installing what $(CONFIG) needs besides ($$extras), once …"; \
		$(PIP) --no-build-isolation --editable ".[$$extras]"; }
	$(PY) -m asyncscrape run $(CONFIG) $(ARGS)

test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.ready-dev  ## the tests, without the long ones
	$(PY) -m pytest -m "not torture" -n auto --dist loadfile $(ARGS)

torture: $(VENV)/.ready-dev  ## the long tests: a hundred kills and more
	$(PY) -m pytest -m torture $(ARGS)

bench: $(VENV)/.ready-dev .bench/.ready  ## speed beside other crawlers, which get a .bench/venv of their own, and bare loops
	$(PY) benchmarks/crawl.py $(ARGS)
	$(PY) benchmarks/frontier.py
	$(PY) benchmarks/stores.py
	$(PY) benchmarks/crypto.py

against: $(VENV)/.ready-dev  ## CPU time a page beside another commit: REV=main, and ARGS="--pairs 3" for flags
	$(PY) benchmarks/against.py $(or $(REV),$(error REV names the commit to compare with, as in make against REV=main)) $(ARGS)

house:  ## the facts of the code's shape, with their goals; TREE=… reads another checkout
	@$(or $(PYTHON),python3) tests/house.py $(TREE)

lint: $(VENV)/.ready-dev  ## ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict

image:  ## the container image "asyncscrape"; ARGS="--tag …" for flags
	@test -n "$(BUILDER)" || { echo "docker, podman or buildah is needed to build an image" >&2; exit 1; }
	$(BUILDER) build --tag asyncscrape $(ARGS) .

image-test: $(VENV)/.ready  ## build and run the image with buildah and runc, where these are installed
	@PYTHON=$(PY) deploy/test-image

clean:  ## remove what these commands made, but never data/
	rm -rf $(VENV) .bench build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Stamp files: a second call installs nothing unless the pins or the project's metadata changed.

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv" >&2; exit 1; }
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

.bench/.ready: benchmarks/peers.txt | $(VENV)/bin/python
	@echo "Installing the other crawlers into .bench/venv, once …"
	@$(PY) -m venv .bench/venv
	@.bench/venv/bin/python -m pip --disable-pip-version-check --quiet install --requirement benchmarks/peers.txt
	@touch $@
