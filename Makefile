# The house's front door. `make demo` and `make test` are the only two commands a newcomer needs.
# They make .venv by themselves and take no time for it when it is up to date.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
ARGS ?=
# pytest rewrites what it runs: if it may not keep that, as in many containers, each process does so at each start.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
# The tests of a module stay in one process, so that what it makes for them is made once. The slow folders come first.
PARALLEL := -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder
# From the oldest to the newest imapclient that pyproject.toml allows.
VERSIONS ?= 3.0.1 3.1.0 4.1.0
LOCK_FLAGS ?=

# The first Python on the PATH that is new enough and can make a virtual environment.
GOOD_PYTHON := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$each" -c '$(GOOD_PYTHON)' 2>/dev/null && { echo "$$each"; break; }; done)

# Stamps: the tool that installs, all that is locked, and the little that the demo needs.
UV := $(VENV)/.uv-$(UV_VERSION)
ALL := $(VENV)/.installed-all
DEMO := $(VENV)/.installed-demo

# uv does not read pip's configuration; whoever has set a package index there means it for us, too.
WITH_INDEX = index="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}}"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; export UV_SYSTEM_CERTS=1;

# Neither a machine's own package folders nor its index may leave a trace in a lock file.
COMPILE = $(WITH_INDEX) UV_FIND_LINKS= UV_INDEX= UV_EXTRA_INDEX_URL= $(BIN)/uv pip compile --quiet --no-config --universal \
	--generate-hashes --python-version 3.11 --no-annotate --no-header $(LOCK_FLAGS)

.PHONY: help demo test check fmt style types layers unit fuzz faults mutants contract bench lock clean servers

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(if $(wildcard $(ALL)),$(ALL),$(DEMO)) ## See the whole river run on sample mail, with no account (under 2 minutes)
	@$(BIN)/mailcrm demo $(ARGS)

test: $(ALL) servers ## Install what the tests need, then run all of them (ARGS="-k thread" picks some)
	$(PYTEST) $(PARALLEL) $(ARGS)

check: style types layers unit ## What must hold before each commit: style, types, layers, unit tests

fmt: $(ALL) ## Put the code into the house's format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

style: $(ALL)
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: $(ALL)
	$(BIN)/mypy

layers: $(ALL)
	$(BIN)/lint-imports --no-cache

unit: $(ALL)
	$(PYTEST) -q -x $(PARALLEL) tests/unit

fuzz: $(ALL) ## Bend sample mails at random for ten minutes; each must be understood in time (ARGS="60 7": seconds, seed)
	$(BIN)/python -m tests.fuzz $(ARGS)

faults: $(ALL) servers ## Cut, garble and kill at very many bytes of a pass (MAILCRM_FAULT_STEP=1: at each; a day)
	MAILCRM_FAULT_STEP=$${MAILCRM_FAULT_STEP:-131} $(PYTEST) -n auto --maxprocesses 4 tests/faults $(ARGS)

mutants: $(ALL) servers ## Break the engine on purpose, one way after the other; the tests must notice each (ARGS="flags" picks)
	$(BIN)/python -m tests.faults.mutants $(ARGS)

# What talks to IMAP servers by imapclient. Each version lies in a folder of its own, in front of the one in .venv.
CONTRACT := tests/contract/test_imapclient.py tests/unit/ingest/imap tests/providers/test_mailbox.py tests/flow/test_mailbox_on_servers.py

contract: $(ALL) servers ## Test the IMAP engine over each version of imapclient that is allowed (VERSIONS="4.0.1")
	@$(WITH_INDEX) set -e; for each in $(VERSIONS); do \
		place="$(CURDIR)/build/imapclient-$$each"; \
		test -f "$$place/imapclient/__init__.py" || \
			$(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python --target "$$place" "imapclient==$$each"; \
		echo "== imapclient $$each"; \
		MAILCRM_IMAPCLIENT=$$each PYTHONPATH="$$place$${PYTHONPATH:+:$$PYTHONPATH}" \
			$(PYTEST) -q $(PARALLEL) $(CONTRACT) $(ARGS); \
	done

bench: $(ALL) ## Run every benchmark; each ends with one line of JSON
	@set -e; for each in ingest growth far daemon search identity send; do echo "== bench.$$each"; $(BIN)/python -m bench.$$each $(ARGS); done

lock: $(UV) ## Write both lock files anew (LOCK_FLAGS=--upgrade takes the newest versions)
	@echo "Locking all extras"
	@$(COMPILE) --all-extras --output-file requirements.lock pyproject.toml
	@# hatchling and editables build mailcrm itself; the demo gets the same versions as the tests.
	@echo "Locking what the demo needs"
	@printf 'hatchling\neditables\n' | ($(COMPILE) --extra demo --constraints requirements.lock \
		--output-file requirements-demo.lock pyproject.toml -)
	@if grep -n '://' requirements.lock requirements-demo.lock; then echo "A lock file names an address." >&2; exit 1; fi

clean: ## Remove all that make made, and .venv
	rm -rf $(VENV) dist build htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

servers: $(ALL)
	@$(BIN)/python -m tests.servers.install

# --------------------------------------------------------------------------- the virtual environment

$(UV):
	@[ -n "$(PYTHON)" ] && "$(PYTHON)" -c '$(GOOD_PYTHON)' 2>/dev/null || { \
		echo "mailcrm needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv), or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making $(VENV) with $(PYTHON)"
	@$(BIN)/python -c '$(GOOD_PYTHON)' 2>/dev/null || "$(PYTHON)" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# Compiled at once, as pip does: a Python that may write no bytecode would compile everything at each start, for seconds.
define install
@echo "Installing $(1)"
@$(WITH_INDEX) $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement $(1)
@$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation --editable .
@$(BIN)/python -m compileall -q src
@touch $@
endef

$(ALL): $(UV) requirements.lock pyproject.toml
	$(call install,requirements.lock)

$(DEMO): $(UV) requirements-demo.lock pyproject.toml
	$(call install,requirements-demo.lock)
