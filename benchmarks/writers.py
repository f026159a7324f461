"""How well a recipe reads hands that it never saw: cross-validation by writers, on a small network.

    python benchmarks/writers.py --custom FOLDER
    python benchmarks/writers.py --custom FOLDER --name loose --set recipe.layout=loose

The writers of all stroke digits, those kept for validation among them, are dealt into folds. For
each fold a network is trained from scratch for as many numbers, on MNIST and the other folds'
writers, and reads numbers of the fold's own, every writer as often. So each writer is read by a
network that knows nothing of them, and all of them count alike. A call adds one row to
benchmarks/writers.json and .md; against the first, differences are taken writer by writer.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import stroke_digits
from generator.numbers import NumberGenerator
from generator.splits import in_validation, writer_key
from generator.strokes import StrokeDigit, write_strokes
from models import zoo
from models.decoders import Network
from toolchain import storage
from toolchain.data import checkpoint
from toolchain.data.sources import Digits
from toolchain.proof.writers import bootstrap
from toolchain.provenance import machine, source_commit
from toolchain.table import Table
from toolchain.training.accuracy import log_probs_of, matches
from toolchain.training.devices import best_device
from toolchain.training.loop import Job, train
from toolchain.training.settings import Settings, gather

VARIANT, RECIPE = "nano", "quick"
SEED = 11_000_027  # of the numbers that are read
PART = 1_000  # numbers at once


@dataclass(frozen=True)
class Fold:
    """Digits under names by which the fold's own writers are kept for validation, no others."""

    digits: list[StrokeDigit]
    real: dict[str, str]  # by those names


def main() -> int:
    """Train, read, add the row, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--custom", type=Path, nargs="+", required=True, help="stroke digits of the writers"
    )
    parser.add_argument("--name", help="of the row; else what is set")
    parser.add_argument("--set", action="append", default=[], help="SECTION.KEY=VALUE, repeatable")
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's files")
    parser.add_argument("--fonts", type=Path, help="what `nrtool fonts` wrote")
    parser.add_argument("--variant", default=VARIANT, choices=[*zoo.VARIANTS])
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=1, help="networks a fold, read in turn")
    parser.add_argument("--numbers", type=int, default=65_536, help="each network trains on")
    parser.add_argument("--count", type=int, default=6_000, help="numbers of each fold to read")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "writers")
    options = parser.parse_args()
    try:
        return run(options)
    except BadInput as error:
        print(f"writers.py: {error}", file=sys.stderr)
        return 2


def run(options: argparse.Namespace) -> int:
    """As `main`, of options that were parsed."""
    given = {
        "run": {"variant": options.variant},
        "digits": {"mnist": options.mnist, "fonts": options.fonts},
    }
    settings = gather(None, options.set, given, RECIPE)
    digits = [digit for path in options.custom for digit in stroke_digits(path, None)]
    every = folds(digits, options.folds)
    head = {
        "variant": options.variant,
        "folds": options.folds,
        "seeds": options.seeds,
        "numbers": options.numbers,
        "count": options.count,
        "digits": len(digits),
        "writers": sum(len(set(fold.real.values())) for fold in every) // options.folds,
    }
    path = options.out.with_suffix(".json")
    rows_of(path, head)  # refused before the long work
    right: Counter[str] = Counter()
    read: Counter[str] = Counter()
    for number, fold in enumerate(every):
        for seed in range(options.seeds):
            print(f"fold {number + 1} of {len(every)}, seed {seed}", file=sys.stderr, flush=True)
            hits, counts = measure(fold, settings, options.numbers, options.count, seed)
            right += hits
            read += counts
    fonts = options.fonts is not None
    name = options.name or ", ".join([*options.set, *["fonts"] * fonts]) or "as it is"
    rows = rows_of(path, head)  # others may have come meanwhile
    rows[name] = {
        "set": options.set,
        "fonts": fonts,
        "commit": source_commit(),
        "machine": machine(),
        "accuracy": {writer: 100 * right[writer] / read[writer] for writer in sorted(read)},
    }
    report = head | {"rows": rows}
    storage.write_json(path, report)
    text = written(report)
    with storage.replacing(options.out.with_suffix(".md")) as temporary:
        temporary.write_text(text, "utf-8")
    print(text)
    return 0


def rows_of(path: Path, head: dict[str, Any]) -> dict[str, Any]:
    """The rows that a report holds; none where there is no report yet.

    Raises:
        BadInput: they were measured otherwise than `head` says.
    """
    held = json.loads(path.read_text("utf-8")) if path.is_file() else dict(head)
    if other := [f"{key} {held.get(key)}" for key in head if held.get(key) != head[key]]:
        raise BadInput(
            f"{path} holds rows of {', '.join(other)}: rows stand beside one another only if alike "
            "in this; give the same, or another --out"
        )
    return dict(held.get("rows", {}))


def folds(digits: Sequence[StrokeDigit], count: int) -> list[Fold]:
    """Writers dealt into `count` folds, by their name alone.

    Raises:
        BadInput: there are fewer writers than folds, or fewer than two folds.
    """
    names = {digit.writer for digit in digits}
    if not 2 <= count <= len(names):
        raise BadInput(f"{len(names)} writers make no {count} folds: choose 2 or more, or fewer")
    dealt = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    found = []
    for number in range(count):
        called = {name: _called(name, place % count == number) for place, name in enumerate(dealt)}
        renamed = [replace(digit, writer=called[digit.writer]) for digit in digits]
        found.append(Fold(renamed, {new: old for old, new in called.items()}))
    return found


def _called(name: str, held_out: bool) -> str:
    """A name for a writer that is kept for validation, or one that is not."""
    tries = (f"{name}/{number}" for number in range(10_000))
    return next(called for called in tries if in_validation(writer_key(called)) == held_out)


def measure(
    fold: Fold, settings: Settings, numbers: int, count: int, seed: int
) -> tuple[Counter[str], Counter[str]]:
    """Of each of the fold's own writers: numbers read exactly by a new network, and all of them."""
    device = best_device()
    # One epoch: the best of several would be chosen by what it is judged on.
    recipe = replace(settings.choose(device.type != "cpu"), epochs=1, numbers=numbers)
    if numbers < recipe.batch:
        raise BadInput(f"--numbers {numbers} are less than a batch of {recipe.batch}: raise it")
    with tempfile.TemporaryDirectory() as folder:
        strokes = Path(folder) / "strokes.jsonl.gz"
        write_strokes(fold.digits, strokes)
        digits = replace(settings.digits, custom=(strokes,))
        digits.prepare("train")
        bank = digits.bank("train", device, seed)
        own = digits.custom_bank("val", device)
        job = Job(settings.run.variant, recipe, seed, settings.drawing(), settings.network)
        mnist = Digits(digits.mnist).bank("val", device)
        train(job, (bank, mnist), Path(folder) / "run", device=device)
        model, _ = checkpoint.load_model(Path(folder) / "run" / "best.safetensors")
    # Every writer as often.
    own.writer_odds = torch.linspace(0, 1, len(own.writers) + 1, device=device)[1:]
    return _read(model.to(device), own, count, fold.real)


def _read(
    model: Network, bank: DigitBank, count: int, real: dict[str, str]
) -> tuple[Counter[str], Counter[str]]:
    right: Counter[str] = Counter()
    read: Counter[str] = Counter()
    generator = NumberGenerator(bank, SEED)
    for first in range(0, count, PART):
        size = min(PART, count - first)
        batch = generator(first, size)
        decoded = model.decoder.decode(log_probs_of(model, batch.strips))
        hits = matches(decoded, batch.digits).tolist()
        wrote = bank.wrote[generator.glyphs(first, size)[:, 0]].tolist()
        for writer, hit in zip(wrote, hits, strict=True):
            name = real[bank.writers[writer]]
            read[name] += 1
            right[name] += hit
    return right, read


def written(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    rows = []
    first = next(iter(report["rows"].values()))["accuracy"]
    for name, row in report["rows"].items():
        accuracy = row["accuracy"]
        shared = sorted(accuracy.keys() & first.keys())
        gained = np.array([accuracy[writer] - first[writer] for writer in shared])
        worst = sorted(accuracy, key=lambda writer: accuracy[writer])[:3]
        values = np.array([*accuracy.values()])
        rows.append(
            [
                name,
                f"{values.mean():.2f} %",
                "{:.2f} to {:.2f} %".format(*bootstrap(values)),
                f"{gained.mean():+.2f} ({{:+.2f}} to {{:+.2f}})".format(*bootstrap(gained))
                if accuracy is not first
                else "-",
                ", ".join(f"{writer} {accuracy[writer]:.1f} %" for writer in worst),
                row["commit"],
            ]
        )
    head = ["recipe", "every writer alike", "95 % interval", "against the first", "worst", "commit"]
    return (
        f"# Hands never seen, by recipe\n\n{report['writers']} writers of {report['digits']:,} "
        f"digits in {report['folds']} folds; of each fold {report['seeds']} "
        f"{report['variant']} trained from scratch on {report['numbers']:,} numbers without its "
        f"writers, and {report['count']:,} numbers of theirs read. Intervals: 95 %, bootstrap over "
        "writers; differences are taken writer by writer, in points.\n\n"
        f"{Table('', head, rows).markdown()}\nWritten by `python benchmarks/writers.py`.\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
