# Two commands matter: `make demo` runs the main job on the sample batch, `make test` installs what tests need and runs them all.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_DIR ?= demo
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Command and the Debian package that brings it, for tests against real servers, a real browser and independent tools.
SYSTEM_TOOLS := slurmctld:slurmctld slurmd:slurmd sbatch:slurm-client munged:munge radosgw:radosgw ceph-mon:ceph-mon ceph-osd:ceph-osd ceph:ceph-common chromium:chromium samtools:samtools igzip:isal /usr/lib/postgresql/*/bin/initdb:postgresql nginx:nginx-light sshd:openssh-server ssh:openssh-client slurmdbd:slurmdbd mariadbd:mariadb-server openssl:openssl pdffonts:poppler-utils /usr/share/fonts/truetype/nanum/NanumGothic.ttf:fonts-nanum

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

# ---- environments -------------------------------------------------------------------------------------------------

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "dsqc needs Python 3.11 or newer: make PYTHON=python3.11 …" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(SUDO) apt-get install -y --no-install-recommends python3-venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(VENV)/demo-installed: $(VENV)/made pyproject.toml
	$(BIN)/python -m pip install --quiet '.[workflow]'
	touch $@

$(VENV)/dev-installed: $(VENV)/made pyproject.toml
	$(BIN)/python -m pip install --quiet '.[dev]'
	touch $@

.PHONY: wheel
wheel: $(VENV)/dev-installed ## build the wheel into dist/
	rm -rf dist build
	$(BIN)/python -m build --quiet --wheel --outdir dist .

# Tests run against the package as users get it, never against src/.
.PHONY: install-wheel
install-wheel: wheel
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps dist/*.whl

.PHONY: system-packages
system-packages: ## install the servers, the browser and the tools that tests use (Debian, Ubuntu)
	@missing=(); \
	for entry in $(SYSTEM_TOOLS); do \
	  tool=$${entry%%:*}; \
	  PATH="$$PATH:/usr/sbin" command -v $$tool >/dev/null 2>&1 || ls $$tool >/dev/null 2>&1 || missing+=("$${entry##*:}"); \
	done; \
	if [ "$${#missing[@]}" -gt 0 ]; then \
	  echo "installing: $${missing[*]}"; \
	  $(SUDO) apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi

# ---- the main job -------------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/demo-installed ## run the sample batch through the whole flow, into demo/
	$(BIN)/python -m pip install --quiet --no-deps --force-reinstall .
	$(BIN)/dsqc demo --work $(DEMO_DIR)

.PHONY: docs
docs: $(VENV)/dev-installed ## the forms, vocabularies and rules as web pages, into build/docs/
	$(BIN)/python -m pip install --quiet --no-deps --force-reinstall .
	$(BIN)/dsqc docs -O build/docs

# ---- checks -------------------------------------------------------------------------------------------------------

.PHONY: lint
lint: $(VENV)/dev-installed ## style, types, import layers, the workflow's style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/snakefmt --check workflow

# Two workers more than processors: many tests wait, for a server, for a kill, for what Slurm finds out.
WORKERS ?= $(shell echo $$(( $$(nproc) + 2 )))
# What a test writes need not outlive it, and dsqc forces some dozens of files to the disk in every second test: in
# memory where that is large enough. TEST_ROOT=/tmp tests on the disk.
TEST_ROOT ?= $(shell [ -w /dev/shm ] && [ "$$(df -k --output=avail /dev/shm | tail -n 1)" -gt 4000000 ] && echo /dev/shm || echo /tmp)

# Workers share the bytecode of the test modules, where the environment forbids it too: each of them imports all.
.PHONY: pytest
pytest: install-wheel system-packages
	PYTHONDONTWRITEBYTECODE= PYTEST_DEBUG_TEMPROOT=$(TEST_ROOT) $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
	  -o tmp_path_retention_policy=failed

.PHONY: bench-toy
bench-toy: install-wheel ## every benchmark at toy size: shows that it runs, not how fast
	$(BIN)/python benchmarks/run.py --size toy
	$(BIN)/python benchmarks/workflow_costs.py --size toy

# The wheel in an empty environment, from a directory that is not the repository: what a user has.
.PHONY: demo-from-wheel
demo-from-wheel: wheel
	@place=$$(mktemp -d); trap 'rm -rf "$$place"' EXIT; \
	$(PYTHON) -m venv "$$place/venv"; \
	"$$place/venv/bin/python" -m pip install --quiet "$$(ls $(CURDIR)/dist/*.whl)[workflow]"; \
	cd "$$place"; ./venv/bin/dsqc demo --work demo; \
	./venv/bin/dsqc catalog search --station demo/station --json \
	  | $(PYTHON) -c 'import json, sys; found = json.load(sys.stdin)["count"]; print(found, "runs in the catalog"); sys.exit(found == 0)'

.PHONY: test
test: lint pytest bench-toy demo-from-wheel ## everything that CI runs

.PHONY: clean
clean: ## remove environments and everything built
	rm -rf $(VENV) build dist $(DEMO_DIR) src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
