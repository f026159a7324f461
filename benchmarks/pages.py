"""How well whole pages are read: every number on them, in order, of writers kept for validation.

    python benchmarks/pages.py --custom FOLDER

Pages of a dozen kinds are drawn by `toolchain.proof.pages`, each by one writer. A number counts as
read if it stands among a page's readings, as written, in its place in the order; what is read
besides is counted as invented. Pages that were not read as a whole are kept with what was read
drawn on them. Exit 1 below 95 %.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import findings

from generator.errors import BadInput
from toolchain.data.sources import Digits
from toolchain.proof.pages import KINDS, Pages
from toolchain.reading import Recognizer
from toolchain.reading.annotate import annotate
from toolchain.table import Table

SEED = 7_000_003
ENOUGH = 0.95


def in_order(written: list[str], read: list[str]) -> int:
    """Length of the longest common subsequence: how many were read right, and in order."""
    best = [0] * (len(read) + 1)
    for number in written:
        before = best[:]
        for place, other in enumerate(read, 1):
            best[place] = (
                before[place - 1] + 1 if number == other else max(before[place], best[place - 1])
            )
    return best[-1]


def main() -> int:
    """Measure, print, write, keep the failures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--custom", type=Path, nargs="+", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--model", type=Path, default=Path("exports/optimized/optimized.int8.onnx"))
    parser.add_argument("--failures", type=Path, default=Path("data/pages"))
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    given = parser.parse_args()
    try:
        recognizer = Recognizer.load(given.model)
        called, digits = Digits(custom=tuple(given.custom)).strokes("val")
    except BadInput as error:
        print(f"pages.py: {error}", file=sys.stderr)
        return 2
    found = measure(recognizer, Pages(digits, SEED), given.count, given.failures)
    report = {
        "numbers": called,
        "seed": SEED,
        "model": given.model.name,
        **findings.where(("onnxruntime", "numpy", "pillow")),
        **found,
    }
    findings.write(given.out, "Numbers on whole pages", page(report), report)
    total = report["kinds"]["all"]
    return 0 if total["read"] >= ENOUGH * total["numbers"] else 1


def measure(
    recognizer: Recognizer, pages: Pages, count: int, failures: Path | None = None
) -> dict[str, Any]:
    """For each kind and "all": pages, pages read as a whole, numbers, those read, invented."""
    names = ("pages", "whole", "numbers", "read", "invented")
    kinds = {name: dict.fromkeys(names, 0) for name in [*KINDS, "all"]}
    seconds = 0.0
    for index in range(count):
        name = list(KINDS)[index % len(KINDS)]
        page = pages(index, KINDS[name])
        start = time.perf_counter()
        try:
            readings = recognizer.read_all(page.picture)
        except BadInput:
            readings = []
        seconds += time.perf_counter() - start
        texts = [reading.number for reading in readings]
        right = in_order(list(page.numbers), texts)
        whole = texts == list(page.numbers)
        for tally in (kinds[name], kinds["all"]):
            for key, more in zip(
                names, (1, whole, len(page.numbers), right, len(texts) - right), strict=True
            ):
                tally[key] += int(more)
        if failures and not whole:
            failures.mkdir(parents=True, exist_ok=True)
            shown = f"{index:03d}-{name.replace(' ', '-')}"
            annotate(page.picture, readings).save(failures / f"{shown}.png")
            print(f"{shown}: {' '.join(page.numbers)} | {' '.join(texts)}", file=sys.stderr)
    return {"seconds_a_page": seconds / max(count, 1), "kinds": kinds}


def page(report: dict[str, Any]) -> str:
    """What was found, as Markdown."""
    columns = ["pages", "read as a whole", "numbers", "read, in order", "invented"]
    rows = []
    for name, tally in report["kinds"].items():
        if not tally["numbers"]:
            continue
        share = findings.share(tally["read"], tally["numbers"])
        counts = (tally["pages"], tally["whole"], tally["numbers"], share, tally["invented"])
        rows.append([name, *map(str, counts)])
    return (
        Table("", ["kind", *columns], rows).markdown()
        + f"\n\n{report['model']}, {report['numbers']}, seed {report['seed']}; "
        f"{1000 * report['seconds_a_page']:.0f} ms a page;"
    )


if __name__ == "__main__":
    sys.exit(main())
