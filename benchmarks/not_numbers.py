"""What is no number is refused: how often it is taken for one at the threshold that a release says.

    python benchmarks/not_numbers.py

Scribbles, faces, letters of fonts, MNIST test digits mirrored and upside down, photographs of empty
paper: a picture is falsely accepted if any reading of it is at least as sure as the threshold, by
which a game asks again. What people could take for a digit is left out: letters and turned digits
that look like one. Scribbles and faces are drawn as those
that the releases were trained to be silent about, with other seeds; letters and paper are not. Of
numbers of MNIST test digits it is told how many the same threshold accepts.
Exit 1 above 5 %.
"""

import argparse
import itertools
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import mnist_glyphs
from generator.mnist import mnist_part
from generator.numbers import NumberGenerator
from toolchain import storage
from toolchain.proof.paper import grained, light, ruled
from toolchain.provenance import machine
from toolchain.reading import Recognizer
from toolchain.table import Table
from toolchain.training.accuracy import wilson

SEED = 9_000_011
ENOUGH = 0.05
SIDE = 320  # px of a drawing's canvas
FONTS = ("DejaVuSans.ttf", "DejaVuSerif-Italic.ttf", "STIXGeneralItalic.ttf", "cmtt10.ttf")
LETTERS = "ACEFHKMNPRTUVWXYadefhkmnprtuvwxy"  # not I l O Z S B g q b, which digits look like
MIRRORED = (3, 4, 6, 7, 9)  # a mirrored 2 is near a 5, 0, 1 and 8 remain
UPSIDE_DOWN = (3, 4, 7)  # by half a turn 2 and 5 remain, 6 and 9 change places

Chance = np.random.Generator


def scribble(chance: Chance) -> Image.Image:
    """A pen that wanders: a few sines along its way, or corners."""
    canvas = Image.new("L", (SIDE, SIDE), 255)
    pen, wide = ImageDraw.Draw(canvas), int(chance.integers(5, 12))
    for _ in range(chance.integers(1, 4)):
        along = np.linspace(0, 1, 160)[:, None]
        if chance.random() < 0.7:
            path = np.zeros((160, 2))
            for _ in range(chance.integers(3, 6)):
                turns, phase = chance.uniform(0.5, 6, 2), chance.uniform(0, 2 * math.pi, 2)
                path += chance.normal(0, 1, 2) * np.sin(2 * math.pi * turns * along + phase)
        else:
            path = np.cumsum(chance.normal(0, 1, (chance.integers(5, 14), 2)), 0)
        path = (path - path.min(0)) / np.maximum(np.ptp(path, 0), 1e-6)
        room = chance.uniform(0.3, 0.8, 2) * SIDE
        path = path * room + chance.random(2) * (0.9 * SIDE - room) + 0.05 * SIDE
        pen.line([(float(x), float(y)) for x, y in path], 0, wide, joint="curve")
    return canvas


def face(chance: Chance) -> Image.Image:
    """A round head, two eyes, a mouth."""
    canvas = Image.new("L", (SIDE, SIDE), 255)
    pen, wide = ImageDraw.Draw(canvas), int(chance.integers(4, 10))
    size = chance.uniform(0.3, 0.45) * SIDE

    def ring(x: float, y: float, across: float, down: float, ends: tuple[int, int]) -> None:
        middle = SIDE / 2 + x * size, SIDE / 2 + y * size
        sides = across * size, down * size
        box = (
            *(a - b for a, b in zip(middle, sides, strict=True)),
            *(a + b for a, b in zip(middle, sides, strict=True)),
        )
        pen.arc(box, *ends, fill=0, width=wide)

    ring(0, 0, chance.uniform(0.75, 1), 1, (0, 360))
    eye, apart = chance.uniform(0.06, 0.18), chance.uniform(0.25, 0.4)
    for side in (-apart, apart):
        ring(side, -0.3, eye, eye * chance.uniform(0.6, 1.4), (0, 360))
    ring(0, chance.uniform(0.1, 0.3), 0.4, 0.3, (20, 160))
    return canvas


def letters(chance: Chance, count: int) -> Image.Image:
    """One letter, or several that stand together."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    font = ImageFont.truetype(folder / FONTS[chance.integers(len(FONTS))], 110)
    text = "".join(LETTERS[each] for each in chance.integers(0, len(LETTERS), count))
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
    usable = np.flatnonzero(np.isin(labels, MIRRORED if way == "mirrored" else UPSIDE_DOWN))
    chosen = pixels[usable[chance.integers(0, len(usable), chance.integers(1, 4))]]
    chosen = chosen[:, :, ::-1] if way == "mirrored" else chosen[:, ::-1, ::-1]
    return Image.fromarray(255 - np.hstack(list(np.pad(chosen, ((0, 0), (4, 4), (0, 0))))))


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="pictures of each kind")
    parser.add_argument("--model", type=Path, default=Path("exports/optimized/optimized.int8.onnx"))
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "not_numbers")
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
        "faces": lambda chance, _: face(chance),
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
        "machine": machine(),
        "accepted": accepted,
    }
    storage.write_json(given.out.with_suffix(".json"), report)
    text = written(report)
    given.out.with_suffix(".md").write_text(text, "utf-8")
    print(text)
    wrongly = list(itertools.islice(accepted.values(), len(accepted) - 1))
    return 0 if sum(wrongly) <= ENOUGH * given.count * len(wrongly) else 1


def surest(recognizer: Recognizer, picture: Image.Image | np.ndarray) -> float:
    """Confidence of the surest reading; below 0 where the picture is refused."""
    try:
        return max(reading.confidence for reading in recognizer.read_all(picture))
    except BadInput:
        return -1.0


def written(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    rows = []
    count = report["count"]
    wrongly = sum(list(report["accepted"].values())[:-1])
    every = {**report["accepted"], "all but numbers": wrongly}
    for name, accepted in every.items():
        of = count * (len(report["accepted"]) - 1) if name == "all but numbers" else count
        low, high = wilson(accepted, of)
        rows.append([name, str(of), f"{accepted / of:.1%} ({low:.1%} to {high:.1%})"])
    return (
        "# What is no number\n\n"
        + Table("", ["kind", "pictures", "accepted"], rows).markdown()
        + f"\n\n{report['model']} at its threshold of {report['threshold']}, seed "
        f"{report['seed']}; {report['machine']}. Written by `python benchmarks/not_numbers.py`.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
