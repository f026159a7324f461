"""A picture of generated numbers beside numbers as people write them, to be looked at.

    python benchmarks/sheets.py --custom FOLDER --out sheet.png

Left, numbers that networks train on, with training writers' and MNIST digits. Right, strokes of
writers kept for validation, drawn on a canvas with brushes of any usual thickness, found and
fitted as a user's drawing is.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from generator.numbers import NumberGenerator
from generator.shards import number_text
from generator.sheet import contact_sheet
from generator.strip import fit_ink
from generator.style import WIDE, Style
from toolchain import storage
from toolchain.data.sources import Digits
from toolchain.proof.robustness import KINDS, Writers, draw
from toolchain.reading.ink import to_ink

BRUSHES = (0.06, 0.2)  # thinnest and thickest, relative to the digits' height


def main() -> None:
    """Make the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--custom", type=Path, help="folder of stroke digits; else procedural")
    parser.add_argument("--out", type=Path, default=Path("sheet.png"))
    parser.add_argument("--rows", type=int, default=16, help="two of each kind a row")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="the default style, not the wide one")
    options = parser.parse_args()
    digits = Digits(
        custom=(options.custom,) if options.custom else (),
        procedural_share=0.0 if options.custom else 0.5,
    )
    count = 2 * options.rows
    style = Style() if options.plain else WIDE
    made = NumberGenerator(digits.bank("train"), options.seed, style)(0, count)
    generated = [
        (strip.numpy(), f"generated: {number_text(label)}")
        for strip, label in zip(made.strips, made.digits.numpy(), strict=True)
    ]
    called, strokes = digits.strokes("val")
    writers = Writers(strokes, options.seed)
    brushes = np.random.default_rng(options.seed).uniform(*BRUSHES, count)
    written = []
    for index, brush in enumerate(brushes):
        label, number, place = writers.write(index)
        picture = draw(number, replace(KINDS["plain"], brush=float(brush)), place)
        written.append((fit_ink(to_ink(picture))[None], f"written: {label}"))
    cells = []
    for row in range(0, count, 2):
        cells += generated[row : row + 2] + written[row : row + 2]
    sheet = contact_sheet(np.stack([strip for strip, _ in cells]), [said for _, said in cells])
    with storage.replacing(options.out) as temporary:
        sheet.save(temporary, format="PNG")
    print(f"{options.out}: left generated, right {called}")


if __name__ == "__main__":
    main()
