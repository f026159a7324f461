"""What each source of digits is worth: the same network and steps, trained on other mixtures.

    python benchmarks/sources.py --custom FOLDER

Trains one small network for each mixture and reads unseen numbers with it: from MNIST test digits,
and from the strokes of writers kept for validation. Writes benchmarks/sources.md.
"""

import argparse
import tempfile
from pathlib import Path

import torch

from generator.numbers import NumberGenerator
from toolchain import checkpoint
from toolchain.bench import machine
from toolchain.data import Digits
from toolchain.evaluate import Score, evaluate, wilson
from toolchain.export import source_commit
from toolchain.recipes import RECIPES
from toolchain.tables import Table
from toolchain.train import bf16_helps, train

VARIANT, RECIPE = "lightweight", "quick"
SEED = 7_000_003
COUNT = 5_000

# Shares of custom digits and of procedural handwriting; MNIST writes the rest.
MIXTURES = {
    "MNIST": (0.0, 0.0),
    "MNIST, procedural": (0.0, 0.5),
    "MNIST, custom": (0.5, 0.0),
    "MNIST, custom, procedural": (0.35, 0.25),
}


def main() -> None:
    """Train, read, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--custom", type=Path, required=True, help="folder of stroke digits")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "sources.md")
    options = parser.parse_args()
    custom = (options.custom,)
    tests = [
        NumberGenerator(bank, SEED)(0, COUNT)
        for bank in (Digits().bank("test"), Digits(custom=custom).custom_bank("val"))
    ]
    rows = []
    for name, (own, procedural) in MIXTURES.items():
        digits = Digits(custom=custom, custom_share=own, procedural_share=procedural)
        with tempfile.TemporaryDirectory() as folder:
            train(
                VARIANT,
                RECIPES[RECIPE],
                (digits.bank("train"), digits.bank("val")),
                Path(folder),
                device=torch.device("cpu"),
            )
            model, _ = checkpoint.load_model(Path(folder) / "best.safetensors")
        fast = bf16_helps(torch.device("cpu"))
        scores = [evaluate(model, test, autocast=fast) for test in tests]
        rows.append([name, *map(_accuracy, scores)])
        print(*rows[-1], sep=" | ", flush=True)
    table = Table("", ["trained on", "MNIST test digits", "validation writers' strokes"], rows)
    recipe = RECIPES[RECIPE]
    text = (
        f"# What each source of digits is worth\n\n"
        f"{VARIANT}, {recipe.epochs * recipe.numbers:,} numbers each (recipe {RECIPE}), read "
        f"exactly of {COUNT:,} unseen numbers a source, seed {SEED}, 95 % intervals.\n\n"
        f"{table.markdown()}\n"
        f"Commit {source_commit()}, {machine()}. Written by `python benchmarks/sources.py`.\n"
    )
    with checkpoint.replacing(options.out) as temporary:
        temporary.write_text(text)


def _accuracy(score: Score) -> str:
    low, high = wilson(score.right, score.count)
    return f"{score.accuracy:.2%} ({100 * low:.1f} to {100 * high:.1f})"


if __name__ == "__main__":
    main()
