# These do everything, each making the virtual environment itself:
#   make quickstart   the main job on real MNIST, small budget
#   make test         lint, types, tests
#   make godot        Godot, the extension, the game's tests; see godot_demo/README.md

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GDSCRIPT := godot_demo/addons godot_demo/game godot_demo/tests

.PHONY: quickstart test lint godot godot-pictures godot-addon clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/.godot: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,godot]'
	@touch $@

quickstart: $(VENV)/.installed
	rm -rf quickstart
	$(BIN)/nrtool quickstart --out quickstart

lint: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/gdformat --check --line-length 100 $(GDSCRIPT)
	cd godot_demo && ../$(BIN)/gdlint $(notdir $(GDSCRIPT))

test: lint
	$(BIN)/pytest

godot: $(VENV)/.godot
	$(BIN)/python -m godot_demo.tools.check

godot-pictures: $(VENV)/.godot
	$(BIN)/python -m godot_demo.tools.pictures

godot-addon: $(VENV)/.godot
	$(BIN)/python -m godot_demo.tools.pack

clean:
	rm -rf $(VENV) quickstart godot_demo/build godot_demo/.godot .pytest_cache .mypy_cache .ruff_cache .hypothesis
