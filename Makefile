# The whole house, from a bare machine with Python >= 3.11 (and node >= 20.19 for the web UI).
#   make demo    install, run the tutorial pipeline, print the URL of its graph
#   make test    install what tests need, run all of them
#   make check   linters, types and layer rules only
#   make bench   the benchmarks, with ratios
#   make web     build the web UI into museion/_ui

PYTHON ?= python3
VENV   ?= .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check --no-input install --quiet
HOME_DIR ?= $(CURDIR)/.museion
JOBS   ?= 2
PYTEST_ARGS ?=
AZURITE := tests/support/azurite/node_modules/.package-lock.json

.PHONY: demo test check bench web lock format clean system check-python check-web test-python test-web

demo: $(VENV)/.demo
	@$(PY) hatch_build.py || true
	@mkdir -p $(HOME_DIR)/work
	cd $(HOME_DIR)/work && MUSEION_HOME=$(HOME_DIR) $(abspath $(PY)) $(CURDIR)/examples/mnist_pipeline.py
	@MUSEION_HOME=$(HOME_DIR) $(PY) -m museion.cli up --no-browser --quiet --page "{entity}/artifacts-example/graph"

test: system $(VENV)/.test $(VENV)-wandb/.done web/node_modules/.package-lock.json $(AZURITE) check test-web test-python

check: $(VENV)/.test web/node_modules/.package-lock.json check-python check-web

check-python:
	$(VENV)/bin/ruff check museion tests examples benchmarks hatch_build.py requirements docs/source_map.py
	$(VENV)/bin/ruff format --check museion tests examples benchmarks hatch_build.py requirements docs/source_map.py
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

check-web:
	cd web && npm run --silent lint && npm run --silent typecheck

test-web: web/node_modules/.package-lock.json
	cd web && npm test --silent

test-python: $(VENV)/.test $(VENV)-wandb/.done
	@MUSEION_UI=$${MUSEION_UI:-require} $(PY) hatch_build.py
	$(PY) -m pytest -n $(JOBS) --dist loadgroup --ignore tests/browser $(PYTEST_ARGS)
	$(PY) -m pytest tests/browser $(PYTEST_ARGS)

bench: $(VENV)/.test
	$(PY) benchmarks/run.py

web: web/node_modules/.package-lock.json
	MUSEION_UI=require $(PYTHON) hatch_build.py

format: $(VENV)/.test
	$(VENV)/bin/ruff check --fix-only museion tests examples benchmarks
	$(VENV)/bin/ruff format museion tests examples benchmarks hatch_build.py

# Chromium and PostgreSQL come from the system: Debian's packages, installed if they are not there. Ceph's are only
# unpacked, into scratch/ceph.
system:
	@./requirements/system.sh
	@./requirements/ceph.sh

# Azure's blob storage for the tests.
$(AZURITE): tests/support/azurite/package-lock.json
	cd tests/support/azurite && npm ci --no-fund --no-audit --loglevel=error
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Museion needs Python 3.11 or newer, this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python requirements/demo.txt pyproject.toml
	$(PIP) -r requirements/demo.txt
	$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python requirements/test.txt pyproject.toml
	$(PIP) -r requirements/test.txt
	MUSEION_UI=$${MUSEION_UI:-require} $(PIP) --no-deps --editable .
	@touch $@ $(VENV)/.demo

# The official W&B client in an environment of its own, as a client to serve; PyTorch and scikit-learn are lent to it.
$(VENV)-wandb/.done: $(VENV)/.test requirements/wandb.txt
	$(PYTHON) -m venv $(VENV)-wandb
	$(VENV)-wandb/bin/python -m pip --disable-pip-version-check --no-input install --quiet -r requirements/wandb.txt
	$(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > $$($(VENV)-wandb/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/lent.pth
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-fund --no-audit --loglevel=error
	@touch $@

lock: $(VENV)/bin/python
	$(PY) requirements/lock.py

clean:
	rm -rf $(VENV) $(VENV)-wandb web/node_modules museion/_ui .mypy_cache .ruff_cache .pytest_cache .hypothesis
