"""What each source of digits and each element of the recipe is worth: trained without it.

    python benchmarks/ablations.py --custom FOLDER --fonts data/fonts.jsonl.gz \
        --held-out MORE_FOLDER

Trains one small network for each row and seed, all for as many numbers, and reads numbers that none
was trained on: of MNIST's validation digits, laid out as we do and as the earlier work does, and
redrawn; of the writers kept for validation; of everyone of `--held-out`. A row differs from the
first of its table by what it names, and by what comes with it: without fonts there are none of
their letters among what is no digit, without custom digits it is drawn by a program's hand. Which
epoch is read is chosen by validation digits of the row's own sources. Seeds change both the first
weights and the numbers. Writes exports/<that network>/ablations.json as it goes (a stopped run goes
on) and at the end its card.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from generator.numbers import NumberGenerator, Numbers
from generator.style import EARLIER
from toolchain import storage
from toolchain.data import checkpoint
from toolchain.data.sources import WRITERS_DIGITS, Digits, everyones_bank
from toolchain.pipeline import QUICK
from toolchain.provenance import machine, source_commit
from toolchain.report.card import write_card
from toolchain.training.accuracy import evaluate
from toolchain.training.devices import best_device
from toolchain.training.loop import Job, train
from toolchain.training.recipes import RECIPES

SEED = 7_000_003


@dataclass(frozen=True)
class Row:
    """What differs: fields of `Digits`, fields of `Recipe`."""

    digits: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same text for the same differences."""
        return json.dumps(asdict(self), sort_keys=True)


MIXED = {
    **{"custom_share": 0.34, "procedural_share": 0.05, "redrawn_share": 0.1, "fonts_share": 0.13},
    **{"copies": 2, "negatives_share": 0.05},
}
LOOSE = {"layout": "loose"}
TABLES = {
    "Sources of digits": {
        "everything": Row(MIXED, LOOSE),
        "without redrawn digits": Row({**MIXED, "redrawn_share": 0.0}, LOOSE),
        "without fonts": Row({**MIXED, "fonts": None}, LOOSE),
        "without procedural writing": Row({**MIXED, "procedural_share": 0.0}, LOOSE),
        "without custom digits": Row({**MIXED, "custom": ()}, LOOSE),
        "without copies": Row({**MIXED, "copies": 0}, LOOSE),
        "without what is no digit": Row({**MIXED, "negatives_share": 0.0}, LOOSE),
    },
    "Layout and recipe": {
        "everything": Row(MIXED, LOOSE),
        "the wide layout": Row(MIXED, {"layout": "wide"}),
        "the usual layout": Row(MIXED, {"layout": "usual"}),
        "no moving average": Row(MIXED, {**LOOSE, "ema": 0.0}),
        "a constant rate": Row(MIXED, {**LOOSE, "schedule": "constant"}),
    },
}


def main() -> None:
    """Train, read, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", choices=("lightweight", "nano"), default="nano")
    parser.add_argument("--custom", type=Path, required=True, help="folder of stroke digits")
    parser.add_argument("--fonts", type=Path, required=True, help="what `nrtool fonts` wrote")
    parser.add_argument("--held-out", type=Path, help="folder of digits that none trains on")
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's files")
    parser.add_argument("--numbers", type=int, default=98_304, help="that each row trains on")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--count", type=int, default=4_000, help="unseen numbers of each source")
    parser.add_argument("--out", type=Path, help="folder of the report, else the release's")
    given = parser.parse_args()
    name = QUICK.get(given.variant, "quick")
    recipe = RECIPES[name]
    if given.numbers < recipe.epochs * recipe.batch:
        parser.error(f"--numbers must be {recipe.epochs * recipe.batch} or more")
    if given.count < 1 or given.seeds < 1:
        parser.error("--count and --seeds must be 1 or more")
    recipe = replace(recipe, numbers=given.numbers // recipe.epochs)
    out = given.out or Path(__file__).parents[1] / "exports" / given.variant
    every = Digits(given.mnist, (given.custom,), fonts=given.fonts)
    report = {
        **{"variant": given.variant, "recipe": name},
        "numbers": recipe.epochs * recipe.numbers,
        **{"count": given.count, "seeds": given.seeds, "seed": SEED},
        "folders": [path and path.name for path in (given.custom, given.fonts, given.held_out)],
        **{"commit": source_commit(), "machine": machine()},
    }
    into = out / "ablations.json"
    held = json.loads(into.read_text("utf-8")) if into.is_file() else {}
    # Only rows of the same code, budget and machine stand beside one another.
    known = held["tables"] if _identity(held).items() >= _identity(report).items() else {}
    rows = {TABLES[title][name].key: known[title][name] for title in known for name in known[title]}
    tests = unseen(every, given.held_out, given.count)
    for title, table in TABLES.items():
        for name, row in table.items():
            if row.key not in rows:  # the same may stand in both tables
                print(f"{title}: {name}", file=sys.stderr, flush=True)
                job = Job(given.variant, replace(recipe, **row.recipe))
                rows[row.key] = measure(job, replace(every, **row.digits), given.seeds, tests)
            tables = {
                title: {name: rows[row.key] for name, row in table.items() if row.key in rows}
                for title, table in TABLES.items()
            }
            storage.write_json(into, report | {"tables": tables})
    if given.out is None:
        write_card(out)


def _identity(report: Mapping[str, Any]) -> dict[str, Any]:
    # The first row that is written makes the tree differ from its commit.
    return {**report, "commit": report.get("commit", "").removesuffix("+")}


def unseen(every: Digits, held_out: Path | None, count: int) -> dict[str, Numbers]:
    """Numbers of each source that no row is trained on."""
    device = best_device()
    mnist = Digits(every.mnist).bank("val", device)
    redrawn = Digits(every.mnist, redrawn_share=1.0).bank("val", device)
    made = {
        "MNIST validation digits": NumberGenerator(mnist, SEED),
        "the earlier work's layout": NumberGenerator(mnist, SEED, EARLIER),
        "redrawn validation digits": NumberGenerator(redrawn, SEED),
        WRITERS_DIGITS: NumberGenerator(every.custom_bank("val", device), SEED),
    }
    if held_out:
        made[f"digits of {held_out.name}"] = NumberGenerator(everyones_bank(held_out), SEED)
    return {name: numbers(0, count) for name, numbers in made.items()}


def measure(
    job: Job, digits: Digits, seeds: int, tests: Mapping[str, Numbers]
) -> dict[str, dict[str, Any]]:
    """Of each test, what networks of that job read at their best epoch, in %: one a seed."""
    device = best_device()
    banks = digits.bank("train", device), digits.bank("val", device)
    found: dict[str, list[float]] = {test: [] for test in tests}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            train(replace(job, seed=seed), banks, Path(folder), device=device)
            model, _ = checkpoint.load_model(Path(folder) / "best.safetensors")
        for test, numbers in tests.items():
            score = evaluate(model.to(device), numbers, autocast=job.recipe.autocasts(device))
            found[test].append(100 * score.accuracy)
    return {
        test: {"accuracy": statistics.mean(each), "range": [min(each), max(each)]}
        for test, each in found.items()
    }


if __name__ == "__main__":
    main()
