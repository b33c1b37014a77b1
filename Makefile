# Ringback's doors. `make run` and `make test` need nothing but a bare Debian 12 (or a Python >= 3.11 elsewhere).
#   make run    the demo: a telecom in a box        make test   every gate and every test
#   make lint   the gates without the tests         make bench  figures        make soak   hours
#   make assets        what the pages borrow, anew from pinned packages    make translations  words to translate
#   make screenshots   the pictures of docs/images, anew
# PYTHON=/path/to/python3.12 chooses the interpreter, VENV=.venv-3.12 where it lives,
# TESTS=tests/smsgw runs only those tests (no gates), JOBS=2 how many at a time.

VENV ?= .venv
TESTS ?=
export PYTHON VENV TESTS JOBS

.PHONY: run test lint bench soak venv peers format lock assets translations screenshots clean

run:
	@tools/setup run
	@$(VENV)/bin/ringback demo || test $$? = 130  # Ctrl-C, the usual end

test:
	@tools/setup peers
	@tools/test

lint:
	@tools/setup test
	@tools/lint

bench:
	@tools/setup peers
	@$(VENV)/bin/python -m pytest -m bench -p no:randomly -s $(TESTS)

soak:
	@tools/setup peers
	@$(VENV)/bin/python -m pytest -m soak -p no:randomly -s --timeout=0 $(TESTS)

venv:
	@tools/setup test

peers:
	@tools/setup peers

format:
	@tools/setup test
	@$(VENV)/bin/ruff check --fix-only --quiet .
	@$(VENV)/bin/ruff format .

lock:
	@tools/lock

assets:
	@tools/setup peers
	@$(VENV)/bin/python tools/build_assets.py

translations:
	@tools/setup test
	@$(VENV)/bin/python tools/translations.py

screenshots:
	@tools/setup peers
	@$(VENV)/bin/python -m tools.screenshots

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
