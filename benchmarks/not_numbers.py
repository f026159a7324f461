"""What is no number is refused: how often it is taken for one at the threshold that a release says.

    python benchmarks/not_numbers.py

Scribbles, figures, letters of printed fonts, MNIST test digits mirrored and upside down, and
photographs of empty paper: a picture is falsely accepted if any reading of it is at least as sure
as the threshold, by which a game asks again. Scribbles and figures are spirals, zigzags, hatching,
loops, houses, stars, hearts and their like, see `doodles.py`: nothing that `generator.negatives`
draws for training, nor drawn as it draws. Fonts, digits and paper were no part of training either.
What people could take for a digit is left out, as it is there: letters that look like one (I, l, O,
S, Z, B, g, b, q and their like), open 4s (Y, y), a 6 that is near a mirrored 2, what remains a
digit when it is turned. Of numbers of MNIST test digits it is told how many the same threshold
accepts. Exit 1 above 5 % of all that is no number.
"""

import argparse
import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import findings
import matplotlib
import numpy as np
from doodles import SIDE, Chance, figure, scribble
from PIL import Image, ImageDraw, ImageFont

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import mnist_glyphs
from generator.mnist import mnist_part
from generator.negatives import MIRRORED, OF_FONTS, TURNED
from generator.numbers import NumberGenerator
from toolchain.proof.paper import grained, light, ruled
from toolchain.reading import Recognizer
from toolchain.table import Table

SEED = 9_000_011
ENOUGH = 0.05
FONTS = ("DejaVuSans.ttf", "DejaVuSerif-Italic.ttf", "STIXGeneralItalic.ttf", "cmtt10.ttf")


def letters(chance: Chance, count: int) -> Image.Image:
    """One letter, or several that stand together."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    font = ImageFont.truetype(folder / FONTS[chance.integers(len(FONTS))], 110)
    text = "".join(OF_FONTS[each] for each in chance.integers(0, len(OF_FONTS), count))
    canvas = Image.new("L", (SIDE if count == 1 else 2 * SIDE, SIDE), 255)
    ImageDraw.Draw(canvas).text((60, 80), text, 0, font)
    return canvas


def empty(chance: Chance) -> Image.Image:
    """A photograph of paper on which nothing is written."""
    size = (960, 720)
    sheet = grained(size, chance)
    if chance.random() < 0.5:
        sheet = ruled(sheet, chance)
    lit = sheet * light(size, chance)[..., None] + chance.normal(0, 3, sheet.shape)
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8))


def turned(chance: Chance, pixels: np.ndarray, labels: np.ndarray, way: str) -> Image.Image:
    """One to three MNIST test digits beside one another, mirrored or upside down."""
    usable = np.flatnonzero(np.isin(labels, MIRRORED if way == "mirrored" else TURNED))
    chosen = pixels[usable[chance.integers(0, len(usable), chance.integers(1, 4))]]
    chosen = chosen[:, :, ::-1] if way == "mirrored" else chosen[:, ::-1, ::-1]
    return Image.fromarray(255 - np.hstack(list(np.pad(chosen, ((0, 0), (4, 4), (0, 0))))))


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="pictures of each kind")
    parser.add_argument("--model", type=Path, default=Path("exports/optimized/optimized.int8.onnx"))
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    given = parser.parse_args()
    try:
        recognizer = Recognizer.load(given.model)
        pixels, labels = (np.asarray(each) for each in mnist_part("test", given.mnist))
        bank = DigitBank([mnist_glyphs("test", given.mnist)])
    except BadInput as error:
        print(f"not_numbers.py: {error}", file=sys.stderr)
        return 2
    numbers = NumberGenerator(bank, SEED)(0, given.count).strips.numpy()
    kinds: dict[str, Callable[[Chance, int], Any]] = {
        "scribbles": lambda chance, _: scribble(chance),
        "figures": lambda chance, _: figure(chance),
        "a letter": lambda chance, _: letters(chance, 1),
        "several letters": lambda chance, index: letters(chance, 2 + index % 3),
        "mirrored digits": lambda chance, _: turned(chance, pixels, labels, "mirrored"),
        "digits upside down": lambda chance, _: turned(chance, pixels, labels, "upside down"),
        "empty paper": lambda chance, _: empty(chance),
        "numbers, to compare": lambda _, index: numbers[index, 0],
    }
    threshold = recognizer.threshold or 0.0
    accepted = {
        name: sum(
            surest(recognizer, draw(np.random.default_rng((SEED, place, index)), index))
            >= threshold
            for index in range(given.count)
        )
        for place, (name, draw) in enumerate(kinds.items())
    }
    report = {
        "model": given.model.name,
        "threshold": threshold,
        "seed": SEED,
        "count": given.count,
        **findings.where(("onnxruntime", "numpy", "pillow", "matplotlib")),
        "accepted": accepted,
    }
    findings.write(given.out, "What is no number", page(report), report)
    wrongly = list(itertools.islice(accepted.values(), len(accepted) - 1))
    return 0 if sum(wrongly) <= ENOUGH * given.count * len(wrongly) else 1


def surest(recognizer: Recognizer, picture: Image.Image | np.ndarray) -> float:
    """Confidence of the surest reading; below 0 where the picture is refused."""
    try:
        return max(reading.confidence for reading in recognizer.read_all(picture))
    except BadInput:
        return -1.0


def page(report: dict[str, Any]) -> str:
    """What was found, as Markdown."""
    accepted, count = report["accepted"], report["count"]
    rows = [[name, str(count), findings.share(each, count)] for name, each in accepted.items()]
    wrongly = list(accepted.values())[:-1]
    of = count * len(wrongly)
    rows.append(["all but numbers", str(of), findings.share(sum(wrongly), of)])
    return (
        Table("", ["kind", "pictures", "accepted"], rows).markdown()
        + f"\n\n{report['model']} at its threshold of {report['threshold']}, seed "
        f"{report['seed']};"
    )


if __name__ == "__main__":
    sys.exit(main())
