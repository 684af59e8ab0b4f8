# Two commands: `make demo` shows the app working, `make test` proves it.
# Neither needs a bench; `make setup` is the part that both share.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PORT ?= 8000
LANGUAGE ?= es

.PHONY: help setup demo demo-phone test soak gateway gateway-test lint bench desk-test bench-test clean

# Of the wheel in .venv, else of the machine. Without Node the gateway's tests are left out, and that is said.
NPM = PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm --prefix gateway

help:
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST)

setup: $(VENV)/.complete ## make .venv with everything that demo and test need

$(VENV)/.complete: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed (set PYTHON=...)" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	@touch $@

demo: setup ## start the development site with its sandbox server
	@$(RUN) -m devsite --port $(PORT) --language $(LANGUAGE) --guide

demo-phone: setup ## the development site with the gateway: link a real phone (its links stay in .phone)
	@$(RUN) -m devsite --port $(PORT) --language $(LANGUAGE) --gateway .phone

test: setup gateway ## run the whole suite, the gateway's included where there is Node
	$(RUN) -m pytest -n 3 --dist loadfile
	@[ ! -e gateway/node_modules/.complete ] || $(MAKE) gateway-test

gateway: setup ## install the gateway's packages; REQUIRE_GATEWAY=1 makes it a failure when that cannot be
	@$(MAKE) gateway/node_modules/.complete || { [ "$(REQUIRE_GATEWAY)" != 1 ] && echo "Without Node or the npm registry: the tests of the gateway are left out"; }

gateway/node_modules/.complete: gateway/package-lock.json
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

gateway-test: gateway ## check the gateway's types, and run its tests
	$(NPM) run check && $(NPM) test

soak: setup ## a random walk of 10,000 steps, and a thousand random interleavings
	SOAK_STEPS=$${SOAK_STEPS:-10000} $(RUN) -m pytest -q tests/walk
	INTERLEAVINGS=$${INTERLEAVINGS:-1000} $(RUN) -m pytest -q xappiens_whatsapp/tests/test_interleavings.py

lint: setup ## ruff, as pre-commit and CI run it
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .

ifdef BENCH
bench: ## measure on a bench that is there: make bench BENCH=~/frappe-bench SITE=site.localhost [URL=http://...]
	cd $(BENCH)/sites && PYTHONPATH=$(CURDIR) ../env/bin/python -m benchmarks --site $(SITE) $(if $(URL),--url $(URL))
else
bench: setup ## measure on the development site, and print the tables
	$(RUN) -m benchmarks
endif

desk-test: setup ## run the browser tests on a real desk: make desk-test URL=http://site.localhost:8000
	DESK_URL=$(URL) REQUIRE_BROWSER=1 $(RUN) -m pytest tests/browser

bench-test: ## run the package's tests on a bench that is there: make bench-test BENCH=~/frappe-bench SITE=site.localhost
	cd $(BENCH) && bench --site $(SITE) migrate && CI=true bench --site $(SITE) run-tests --app xappiens_whatsapp

clean: ## remove .venv and caches
	rm -rf $(VENV) gateway/node_modules .pytest_cache .hypothesis .ruff_cache *.egg-info
