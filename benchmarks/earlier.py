"""The earlier work's own test, re-told from its published description, read by our models.

    python benchmarks/earlier.py --sheet sheet.png
    python benchmarks/earlier.py --model some.onnx

Each digit is a 28x28 picture of MNIST, turned by up to 10 degrees within its frame, resized by 0.9
to 1.1 and shifted by up to 4 px both ways with wrap-around. Frames stand side by side, 12 px over
each other to 10 px apart, each up to 5 px up or down; the whole is scaled to 30 px and aligned to
the right. Of what is wider than the strip the left end is lost while the label stays, so that some
numbers cannot be read: how many is counted. Numbers have 1 to 5 digits, leading zeros among them.

The description leaves open how pictures are resampled; here it is bicubic throughout, Pillow's
default for resizing (what is softer is read worse). Writes benchmarks/earlier.json and
benchmarks/earlier.md; with `--model` it only prints.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import PIL
from numpy.typing import NDArray
from PIL import Image
from results import EARLIER, VARIANTS

from generator.mnist import load_mnist
from generator.sheet import contact_sheet
from generator.strip import HEIGHT, WIDTH
from toolchain import storage
from toolchain.provenance import machine, source_commit
from toolchain.reading.runtime import INPUT, open_model
from toolchain.shipping.release_reports import float32_of
from toolchain.table import Table
from toolchain.training.accuracy import wilson

ROOT = Path(__file__).parent.parent
OUT = Path(__file__).parent / "earlier"
SEED = 9_000_011
COUNT = 10_000
EACH = 1_000  # digits of a class, of as many as it has
TURN = 10.0  # degrees
SIZE = (0.9, 1.1)
SHIFT, DROP = 4, 5  # px, either way
GAP = (-12, 10)  # px
INNER = HEIGHT - 2  # px, within a border of one
DATA = f"MNIST test digits, the first {EACH:,} of each class or all it has"

Grey = NDArray[np.uint8]
BICUBIC = Image.Resampling.BICUBIC


@dataclass(frozen=True)
class Number:
    """A number of that test.

    Attributes:
        strip: uint8 [1, 32, 128].
        label: its digits.
        lost: the largest share of a digit's ink that is cut off at the left, 0..1.
    """

    strip: Grey
    label: str
    lost: float


def digits_by_class() -> list[Grey]:
    """The pictures of each digit, uint8 [N, 28, 28], ten times."""
    images, labels = load_mnist("test")
    return [images[labels == digit][:EACH] for digit in range(10)]


def number(pictures: list[Grey], chance: np.random.Generator) -> Number:
    """One number, drawn by `chance`."""
    length = int(chance.integers(1, 6))
    label = f"{chance.integers(0, 10**length):0{length}d}"
    frames = [_frame(pictures[int(digit)], chance) for digit in label]
    high = max(map(len, frames)) + 2 * DROP
    left, places = 0, []
    for frame in frames:
        top = (high - len(frame)) // 2 + int(chance.integers(-DROP, DROP + 1))
        places.append((left, top))
        left += len(frame) + int(chance.integers(GAP[0], GAP[1] + 1))
    wide = max(x + len(frame) for (x, _), frame in zip(places, frames, strict=True))
    canvas = np.zeros((high, wide), np.uint8)
    for (x, y), frame in zip(places, frames, strict=True):
        there = canvas[y : y + len(frame), x : x + len(frame)]
        np.maximum(there, frame, out=there)
    scaled_wide = round(wide * INNER / high)
    scaled = np.asarray(Image.fromarray(canvas).resize((scaled_wide, INNER), BICUBIC))
    bordered = np.pad(scaled, 1)[:, -WIDTH:]
    strip = np.zeros((1, HEIGHT, WIDTH), np.uint8)
    strip[0, :, WIDTH - bordered.shape[1] :] = bordered
    cut = max(0, scaled_wide + 2 - WIDTH - 1) * wide / scaled_wide  # px of the canvas
    return Number(strip, label, max(map(_lost, frames, [cut - x for x, _ in places])))


def _frame(pictures: Grey, chance: np.random.Generator) -> Grey:
    picture = Image.fromarray(pictures[chance.integers(len(pictures))])
    turned = picture.rotate(chance.uniform(-TURN, TURN), BICUBIC)
    side = round(chance.uniform(*SIZE) * picture.width)
    across, down = chance.integers(-SHIFT, SHIFT + 1, 2)
    return np.roll(np.asarray(turned.resize((side, side), BICUBIC)), (down, across), (0, 1))


def _lost(frame: Grey, columns: float) -> float:
    """The share of a frame's ink that lies in its first columns, so many of them."""
    ink = frame.sum(0, dtype=float)
    return float((ink * np.clip(columns - np.arange(len(ink)), 0, 1)).sum() / ink.sum())


def read(path: Path, numbers: list[Number]) -> dict[str, Any]:
    """How a model reads the numbers, one at a time as a game does."""
    session = open_model(path)
    right = []
    for each in numbers:
        (digits,) = session.run(["digits"], {INPUT: each.strip[None]})
        right.append("".join(str(digit) for digit in digits[0] if digit >= 0) == each.label)
    low, high = wilson(sum(right), len(right))
    return {
        "sha256": storage.sha256(path),
        "right": sum(right),
        "accuracy": 100 * sum(right) / len(right),
        "interval": [100 * low, 100 * high],
    }


def table(report: dict[str, Any]) -> Table:
    """The report as rows."""
    rows = []
    for name, forms in report["models"].items():
        for form, told in forms.items():
            low, high = told["interval"]
            earlier = f"{EARLIER[name][0]} %" if name in EARLIER else "-"
            said = f"{told['accuracy']:.2f} % ({low:.2f} to {high:.2f})"
            rows.append([name, form, said, earlier])
    return Table(
        "",
        ["model", "form", "read exactly", "the earlier work's"],
        rows,
        words=2,
    )


def main() -> None:
    """Draw the numbers, read them, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, nargs="+", default=[], help="instead of the releases")
    parser.add_argument("--count", type=int, default=COUNT, help="numbers; others only print")
    parser.add_argument("--sheet", type=Path, help="draw the first 60 there")
    given = parser.parse_args()
    pictures = digits_by_class()
    numbers = [number(pictures, np.random.default_rng((SEED, i))) for i in range(given.count)]
    if given.sheet:
        shown = numbers[:60]
        strips = np.stack([each.strip for each in shown])
        said = [f"{each.label}{', cut' * (each.lost >= 0.5)}" for each in shown]
        with storage.replacing(given.sheet) as temporary:
            contact_sheet(strips, said).save(temporary, format="PNG")
    files = [(path.stem, "file", path) for path in given.model] or [
        (variant, form, path)
        for variant in VARIANTS
        if (folder := ROOT / "exports" / variant).is_dir()
        for form, path in (
            ("float32", float32_of(folder)),
            ("int8", folder / f"{variant}.int8.onnx"),
        )
    ]
    models: dict[str, Any] = {}
    for name, form, path in files:
        models.setdefault(name, {})[form] = read(path, numbers)
        print(f"{name}, {form}: {models[name][form]['accuracy']:.2f} %", flush=True)
    report = {
        "data": DATA,
        "seed": SEED,
        "count": len(numbers),
        "cut": sum(each.lost > 0 for each in numbers),
        "unreadable": sum(each.lost >= 0.5 for each in numbers),
        "commit": source_commit(),
        "machine": machine(),
        "onnxruntime": onnxruntime.__version__,
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "models": models,
    }
    text = _text(report)
    print(text)
    if not given.model and given.count == COUNT:
        storage.write_json(OUT.with_suffix(".json"), report)
        with storage.replacing(OUT.with_suffix(".md")) as temporary:
            temporary.write_text(text, "utf-8")


def _text(report: dict[str, Any]) -> str:
    return (
        "# The earlier work's test, re-told\n\n"
        f"{report['count']:,} numbers, laid out by its published description, of {report['data']}; "
        f"seed {report['seed']}. {report['cut']:,} strips are cut at the left, "
        f"{report['unreadable']:,} through half a digit's ink or more, so that the label cannot be "
        f"read. In brackets 95 % intervals (Wilson); the last column is what the earlier work says "
        f"of its own int8 files on its own test.\n\n{table(report).markdown()}\n"
        f"{report['machine']}, ONNX Runtime {report['onnxruntime']}, NumPy {report['numpy']}, "
        f"Pillow {report['pillow']}, one number at a time; commit {report['commit']}. Written by "
        "`python benchmarks/earlier.py`.\n"
    )


if __name__ == "__main__":
    main()
