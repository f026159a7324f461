# These do everything, each making the virtual environment itself:
#   make quickstart   the main job on real MNIST, small budget
#   make test         everything that is tested: make unit, then make godot
#   make unit         lint, types, Python's tests
#   make reliability  faults done on purpose; MINUTES=60 for longer
#   make godot        Godot, the extension, the game's tests; see godot_demo/README.md

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GDSCRIPT := godot_demo/addons godot_demo/game godot_demo/tests

.PHONY: quickstart test unit reliability lint browser screen godot godot-arm64 godot-pictures godot-addon clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

# The quickstart trains and ships, and needs nothing of what tests and lints.
$(VENV)/.train: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[train]'
	@touch $@

$(VENV)/.godot: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,godot]'
	@touch $@

quickstart: $(VENV)/.train
	rm -rf quickstart
	$(BIN)/nrtool quickstart --out quickstart

lint: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/gdformat --check --line-length 100 $(GDSCRIPT)
	cd godot_demo && ../$(BIN)/gdlint $(notdir $(GDSCRIPT))

# The sketchpad is tested in a real browser; without one those tests are skipped, with a word.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null && exit; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
	else echo "no chromium, and no root on Debian to install it: browser tests are skipped"; fi

unit: lint browser
	$(BIN)/pytest --numprocesses auto --maxprocesses 8 --dist worksteal

MINUTES ?= 10

reliability: $(VENV)/.installed
	$(BIN)/python -m benchmarks.reliability --minutes $(MINUTES)

test: unit godot

godot: $(VENV)/.godot
	$(BIN)/python -m godot_demo.tools.check

godot-arm64: $(VENV)/.godot
	$(BIN)/python -m godot_demo.tools.emulate

# A screen of its own for the game to be played on; without one, --here takes the user's.
screen:
	@command -v xvfb-run >/dev/null && exit; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends xvfb xauth; \
	else echo "no xvfb, and no root on Debian to install it"; fi

godot-pictures: $(VENV)/.godot screen
	$(BIN)/python -m godot_demo.tools.pictures

godot-addon: $(VENV)/.godot
	$(BIN)/python -m godot_demo.tools.pack

clean:
	rm -rf $(VENV) quickstart godot_demo/build godot_demo/.godot .pytest_cache .mypy_cache .ruff_cache .hypothesis
