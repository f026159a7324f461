# Two commands do everything, each making the virtual environment itself:
#   make quickstart   the main job on real MNIST, small budget
#   make test         lint, types, tests

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: quickstart test lint browser clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

quickstart: $(VENV)/.installed
	rm -rf quickstart
	$(BIN)/nrtool quickstart --out quickstart

lint: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# The sketchpad is tested in a real browser; without one those tests are skipped, with a word.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null && exit; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
	else echo "no chromium, and no root on Debian to install it: browser tests are skipped"; fi

test: lint browser
	$(BIN)/pytest

clean:
	rm -rf $(VENV) quickstart .pytest_cache .mypy_cache .ruff_cache .hypothesis
