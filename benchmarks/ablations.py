"""What each source of digits and each element of the recipe is worth: trained without, or with it.

    python benchmarks/ablations.py --custom FOLDER --fonts data/fonts.jsonl.gz --numbers 32000

Trains one small network for each row, from the same start and for as many numbers, and reads
numbers that none was trained on: from MNIST's validation digits, and from the strokes of writers
kept for validation. A row differs from the first of its table by what it names. Writes
exports/<that network>/ablations.json as it goes (a stopped run goes on) and at the end its card.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from generator.numbers import NumberGenerator, Numbers
from toolchain import storage
from toolchain.data import checkpoint
from toolchain.data.sources import WRITERS_DIGITS, Digits
from toolchain.provenance import machine, source_commit
from toolchain.report.card import write_card
from toolchain.training.accuracy import evaluate, wilson
from toolchain.training.devices import best_device
from toolchain.training.loop import Job, train
from toolchain.training.recipes import RECIPES, Recipe

VARIANT, RECIPE = "lightweight", "quick"
SEED = 7_000_003
MNIST_DIGITS = "MNIST validation digits"


@dataclass(frozen=True)
class Row:
    """What differs: fields of `Digits`, fields of `Recipe`."""

    digits: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same text for the same differences."""
        return json.dumps(asdict(self), sort_keys=True)


MIXED = {"custom_share": 0.4, "procedural_share": 0.15}
TABLES = {
    "Sources of digits": {
        "MNIST": Row({"custom_share": 0.0}),
        "MNIST, procedural": Row({"custom_share": 0.0, "procedural_share": 0.5}),
        "MNIST, fonts": Row({"custom_share": 0.0, "fonts_share": 0.5}),
        "MNIST, custom": Row({"custom_share": 0.5}),
        "MNIST, custom, procedural": Row(MIXED),
        "MNIST, custom, fonts": Row({"custom_share": 0.4, "fonts_share": 0.15}),
    },
    "Elements of the recipe": {
        "as it is": Row(MIXED),
        "8 varied copies of each custom digit": Row({**MIXED, "copies": 8}),
        "the wide style": Row(MIXED, {"layout": "wide"}),
        "the wide style and 8 copies": Row({**MIXED, "copies": 8}, {"layout": "wide"}),
        "AdamW alone, no Muon": Row(MIXED, {"muon": 0.0}),
        "no moving average": Row(MIXED, {"ema": 0.0}),
        "a constant rate": Row(MIXED, {"schedule": "constant"}),
    },
}


def main() -> None:
    """Train, read, write the tables."""
    recipe = RECIPES[RECIPE]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--custom", type=Path, required=True, help="folder of stroke digits")
    parser.add_argument("--fonts", type=Path, required=True, help="what `nrtool fonts` wrote")
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's files")
    parser.add_argument(
        "--numbers",
        type=int,
        default=recipe.epochs * recipe.numbers,
        help="the budget: how many numbers each row trains on",
    )
    parser.add_argument("--count", type=int, default=5_000, help="unseen numbers of each source")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "exports" / VARIANT)
    options = parser.parse_args()
    if options.numbers < recipe.epochs * recipe.batch:
        parser.error(f"--numbers must be {recipe.epochs * recipe.batch} or more")
    if options.count < 1:
        parser.error("--count must be 1 or more")
    recipe = replace(recipe, numbers=options.numbers // recipe.epochs)
    device = best_device()
    every = Digits(options.mnist, (options.custom,), fonts=options.fonts, fonts_share=0.0)
    tests = {
        name: NumberGenerator(bank, SEED)(0, options.count)
        for name, bank in (
            (MNIST_DIGITS, Digits(options.mnist).bank("val", device)),
            (WRITERS_DIGITS, every.custom_bank("val", device)),
        )
    }
    report = {
        "variant": VARIANT,
        "recipe": RECIPE,
        "numbers": recipe.epochs * recipe.numbers,
        "count": options.count,
        "seed": SEED,
        "commit": source_commit(),
        "machine": machine(),
    }
    into = options.out / "ablations.json"
    held = json.loads(into.read_text("utf-8")) if into.is_file() else {}
    # Only rows of the same code, budget and machine stand beside one another.
    known = held["tables"] if held.items() >= report.items() else {}
    rows = {TABLES[title][name].key: known[title][name] for title in known for name in known[title]}
    for title, table in TABLES.items():
        for name, row in table.items():
            if row.key not in rows:  # the same may stand in both tables
                print(f"{title}: {name}", file=sys.stderr, flush=True)
                rows[row.key] = measure(row, recipe, every, tests, device)
            tables = {
                title: {name: rows[row.key] for name, row in table.items() if row.key in rows}
                for title, table in TABLES.items()
            }
            storage.write_json(into, report | {"tables": tables})
    write_card(options.out)


def measure(
    row: Row,
    recipe: Recipe,
    every: Digits,
    tests: Mapping[str, Numbers],
    device: torch.device,
) -> dict[str, Any]:
    """The score of each test, of a network trained as the row says, at its best epoch."""
    digits = replace(every, **row.digits)
    changed = replace(recipe, **row.recipe)
    banks = digits.bank("train", device), digits.bank("val", device)
    with tempfile.TemporaryDirectory() as folder:
        train(Job(VARIANT, changed), banks, Path(folder), device=device)
        model, _ = checkpoint.load_model(Path(folder) / "best.safetensors")
    fast = recipe.autocasts(device)
    scores = {
        test: evaluate(model.to(device), numbers, autocast=fast) for test, numbers in tests.items()
    }
    return {
        test: {**asdict(score), "interval": [100 * end for end in wilson(score.right, score.count)]}
        for test, score in scores.items()
    }


if __name__ == "__main__":
    main()
