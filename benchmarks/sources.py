"""What each source of digits is worth: the same network and steps, trained on other mixtures.

    python benchmarks/sources.py --custom FOLDER --numbers 80000

Trains one small network for each mixture and reads unseen numbers with it: from MNIST test digits,
and from the strokes of writers kept for validation. Each mixture chooses its best epoch by its own
validation numbers. Writes benchmarks/sources.json and benchmarks/sources.md.
"""

import argparse
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from generator.numbers import NumberGenerator
from toolchain import checkpoint
from toolchain.bench import machine
from toolchain.data import Digits
from toolchain.evaluate import Score, evaluate, wilson
from toolchain.export import source_commit
from toolchain.recipes import RECIPES
from toolchain.tables import Table
from toolchain.train import Epoch, best_device, bf16_helps, train

VARIANT, RECIPE = "lightweight", "quick"
SEED = 7_000_003

# Shares of custom digits and of procedural handwriting; MNIST writes the rest.
MIXTURES = {
    "MNIST": (0.0, 0.0),
    "MNIST, procedural": (0.0, 0.5),
    "MNIST, custom": (0.5, 0.0),
    "MNIST, custom, procedural": (0.35, 0.25),
}


def main() -> None:
    """Train, read, write the table."""
    recipe = RECIPES[RECIPE]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--custom", type=Path, required=True, help="folder of stroke digits")
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's files")
    parser.add_argument(
        "--numbers",
        type=int,
        default=recipe.epochs * recipe.numbers,
        help="the budget: how many numbers each mixture trains on",
    )
    parser.add_argument("--count", type=int, default=5_000, help="unseen numbers of each source")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "sources")
    options = parser.parse_args()
    if options.numbers < recipe.epochs * recipe.batch:
        parser.error(f"--numbers must be {recipe.epochs * recipe.batch} or more")
    if options.count < 1:
        parser.error("--count must be 1 or more")
    recipe = replace(recipe, numbers=options.numbers // recipe.epochs)
    device = best_device()
    every = Digits(options.mnist, (options.custom,))
    tests = {
        name: NumberGenerator(bank, SEED)(0, options.count)
        for name, bank in (
            ("MNIST test digits", Digits(options.mnist).bank("test", device)),
            ("validation writers' strokes", every.custom_bank("val", device)),
        )
    }
    measured = []
    for name, (own, procedural) in MIXTURES.items():
        digits = replace(every, custom_share=own, procedural_share=procedural)
        banks = digits.bank("train", device), digits.bank("val", device)

        def on_epoch(row: Epoch, name: str = name) -> None:
            print(
                f"{name}: epoch {row.epoch} of {recipe.epochs}, {row.val_accuracy:.2%} of its "
                f"own validation numbers",
                file=sys.stderr,
                flush=True,
            )

        with tempfile.TemporaryDirectory() as folder:
            train(VARIANT, recipe, banks, Path(folder), device=device, on_epoch=on_epoch)
            model, _ = checkpoint.load_model(Path(folder) / "best.safetensors")
        fast = recipe.bf16 and bf16_helps(device)
        model = model.to(device)
        scores = {test: evaluate(model, made, autocast=fast) for test, made in tests.items()}
        measured.append(
            {
                "mixture": name,
                "digits": banks[0].description,
                "scores": {test: asdict(score) for test, score in scores.items()},
            }
        )
        print(name, *map(_accuracy, scores.values()), sep=" | ", flush=True)
    report = {
        "variant": VARIANT,
        "recipe": asdict(recipe),
        "seed": SEED,
        "commit": source_commit(),
        "machine": machine(),
        "measured": measured,
    }
    checkpoint.write_json(options.out.with_suffix(".json"), report)
    rows = [
        [each["mixture"], *(_accuracy(Score(**score)) for score in each["scores"].values())]
        for each in measured
    ]
    text = (
        f"# What each source of digits is worth\n\n"
        f"{VARIANT}, {recipe.epochs * recipe.numbers:,} numbers each (recipe {RECIPE}), read "
        f"exactly of {options.count:,} unseen numbers a source, seed {SEED}, 95 % intervals.\n\n"
        f"{Table('', ['trained on', *tests], rows).markdown()}\n"
        f"Commit {source_commit()}, {machine()}. Written by `python benchmarks/sources.py`.\n"
    )
    with checkpoint.replacing(options.out.with_suffix(".md")) as temporary:
        temporary.write_text(text, "utf-8")


def _accuracy(score: Score) -> str:
    low, high = wilson(score.right, score.count)
    return f"{score.accuracy:.2%} ({100 * max(0.0, low):.1f} to {100 * high:.1f})"


if __name__ == "__main__":
    main()
