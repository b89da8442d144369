# Everything goes into .venv; nothing on this machine is changed.
PYTHON ?= python3
PORT ?= 8501
HOST ?= 127.0.0.1
UPGRADE ?=
BIN = .venv/bin

.PHONY: run test check quick lint ruff mypy floors house biome bench lock clean

run: .venv/app
	$(BIN)/streamlit run streamlit_app.py --server.port $(PORT) --server.address $(HOST)

# Two lanes. The browser's leaves a processor time to spare, while a page waits for its server;
# the other takes what is left, in two processes with a lower priority. That one is done first, and
# takes a share of the browser's tests then: those where a page is examined more than waited for.
EXAMINED = tests/browser/test_accessible.py tests/browser/test_live_exact.py
test: .venv/dev
	@log=$$(mktemp); status=0; \
	$(BIN)/python -m pytest -rR tests/browser $(EXAMINED:%=--ignore %) >$$log 2>&1 & browser=$$!; \
	trap 'kill $$browser; rm -f $$log; exit 130' INT TERM; \
	nice -n 10 $(BIN)/python -m pytest -rR --ignore tests/browser \
		-n 2 --dist loadfile --no-loadscope-reorder || status=1; \
	$(BIN)/python -m pytest -rR $(EXAMINED) || status=1; \
	wait $$browser || status=1; \
	echo; echo "In the browser:"; cat $$log; rm -f $$log; exit $$status

# Before a commit: what needs neither browser nor training.
check: .venv/dev
	@$(MAKE) --no-print-directory --keep-going -j 2 quick lint

quick: .venv/dev
	$(BIN)/python -m pytest -m "not slow"

lint: .venv/dev
	@$(MAKE) --no-print-directory --keep-going -j 2 mypy ruff floors house biome

ruff: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

mypy: .venv/dev
	$(BIN)/mypy

floors: .venv/dev
	$(BIN)/lint-imports

house: .venv/dev
	$(BIN)/python .ci/house.py

# Biome, for JavaScript and CSS, comes from PyPI for Linux on x86-64 alone.
biome: .venv/dev
	@if [ -x $(BIN)/biome ]; then echo $(BIN)/biome ci; $(BIN)/biome ci --error-on-warnings; \
		else echo "No Biome for this machine: JavaScript and CSS are left unchecked."; fi

bench: .venv/dev
	@set -e; for script in $$(grep -l __main__ benchmarks/*.py); do \
		echo; echo "== $$script"; $(BIN)/python $$script; done

# After a change of requirements.txt or requirements-dev.txt; UPGRADE=--upgrade takes newer versions
COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header \
	--generate-hashes $(UPGRADE)
lock: .venv/pip
	$(BIN)/python -m pip install -q uv
	$(COMPILE) requirements.txt -o requirements.lock
	$(COMPILE) requirements-dev.txt -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/pip:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

# A constraint file with hashes is refused beside versions that are not pinned: the locks are all.
.venv/app: .venv/pip requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --require-hashes \
		-r requirements.lock
	@# So that the first start is as quick, by all processors; some packages hold what is no Python.
	@$(BIN)/python -m compileall -qq -j 0 -x '/tests/' .venv/lib mnist_core routes ui || true
	@touch $@

.venv/dev: .venv/app requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --require-hashes \
		-r requirements-dev.lock
	@touch $@
