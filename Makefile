# make demo    the app in JupyterLab, over a simulated sky
# make test    the whole test suite
# make lint    style and types
# make clean   remove the virtual environment and what the tests left
#
# Each does all its own set-up: a virtual environment in .venv, what it needs in it, a Chromium for the tests. The
# second time it finds everything there. `make PYTHON=/path/to/python demo` takes that Python.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell .ci/find-python)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint clean

demo: $(VENV)/installed-demo
	$(BIN)/tapwidget demo $(ARGS)

test: $(VENV)/installed-test
	.ci/find-chromium $(BIN)/python
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) .venv-lowest .venv-rsp .venv-frontends .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results

# Installed again only when pyproject.toml has changed. The editable install needs nothing when only code changes.
$(VENV)/installed-demo: pyproject.toml | $(VENV)/bin/python
	@echo "Installing tapwidget and JupyterLab into $(VENV) ..."
	$(PIP) install --editable '.[demo]'
	@touch $@

$(VENV)/installed-test: pyproject.toml | $(VENV)/bin/python
	@echo "Installing tapwidget and what its tests need into $(VENV) ..."
	$(PIP) install --editable '.[test]'
	@touch $@ $(VENV)/installed-demo

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
	    echo "tapwidget needs Python 3.11 or newer, with the venv module; none was found." >&2; \
	    echo "Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; fi
	$(PYTHON) -m venv $(VENV)
