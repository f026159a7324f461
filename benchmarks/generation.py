"""Numbers are made twenty times as fast as with Pillow, on one core, and faster on two.

    python benchmarks/generation.py
    python benchmarks/generation.py --rounds 9 --threads 1 2

In each round every way makes numbers in turn, so that whatever else the machine does slows all of
them alike; ratios are of one round, then the median of all. Seconds are the processor's where one
thread works, by the clock where several do. Beside our own layouts:

- plain: ours without the compiled loops, as a GPU draws;
- Pillow: the earlier work's way, re-told from its description in benchmarks/earlier.py: one picture
  at a time, each digit rotated, resized, shifted and pasted by maximum, then all scaled;
- torchvision: its v2 affine and elastic distortion of single strips: the geometry alone;
- Kornia: the same on a batch of them.

The last two take part where they can be imported: `pip install kornia` in this environment.

Writes benchmarks/generation.json and benchmarks/generation.md.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import earlier
import numpy as np
import torch
from torch import Tensor

from generator.digits import DigitBank
from generator.glyphs import mnist_glyphs, procedural_glyphs
from generator.numbers import NumberGenerator
from generator.style import LAYOUTS
from toolchain import storage
from toolchain.provenance import machine, source_commit
from toolchain.table import Table

OUT = Path(__file__).with_suffix(".json")
BATCH = 1_024
SLOW = 128  # numbers that a slow way makes in a round
BASE = "ours, usual"

Way = tuple[int, Callable[[int], object]]  # how many a round makes, and what makes round r


def ways(bank: DigitBank) -> dict[str, Way]:
    """What is measured on one thread, by name."""

    def ours(layout: str, compiled: bool = True) -> Callable[[int], object]:
        numbers = NumberGenerator(bank, 1, LAYOUTS[layout], compiled=compiled)  # type: ignore[index]
        count = BATCH if compiled else SLOW
        return lambda turn: numbers(turn * count, count)

    pictures = earlier.digits_by_class()

    def pillow(turn: int) -> object:
        chance = np.random.default_rng(turn)
        return [earlier.number(pictures, chance) for _ in range(SLOW)]

    found: dict[str, Way] = {f"ours, {name}": (BATCH, ours(name)) for name in LAYOUTS}
    found["plain, usual"] = SLOW, ours("usual", compiled=False)
    found["Pillow, one at a time"] = SLOW, pillow
    strips = NumberGenerator(bank)(0, SLOW).strips
    for name, geometry in (("torchvision v2", _torchvision), ("Kornia", _kornia)):
        try:
            found[f"{name}, geometry"] = SLOW, geometry(strips)
        except (ImportError, RuntimeError) as error:  # a torchvision built for another PyTorch
            print(f"without {name}: {error}")
    return found


def _torchvision(strips: Tensor) -> Callable[[int], object]:
    from torchvision.transforms import v2

    affine = v2.RandomAffine(10, (0.05, 0.05), (0.9, 1.1), 10)
    bent = v2.Compose([affine, v2.ElasticTransform(20.0)])
    # Each strip by itself: one call draws one distortion.
    return lambda turn: [bent(strip) for strip in strips]


def _kornia(strips: Tensor) -> Callable[[int], object]:
    from kornia import augmentation

    bent = torch.nn.Sequential(
        augmentation.RandomAffine(10, (0.05, 0.05), (0.9, 1.1), 10, p=1.0),
        augmentation.RandomElasticTransform(p=1.0),
    )
    floats = strips.float() / 255
    return lambda turn: bent(floats)


def one_thread(found: dict[str, Way], rounds: int) -> list[dict[str, Any]]:
    """Numbers a second of each way, processor time, and how they compare, round by round."""
    rates: dict[str, list[float]] = {name: [] for name in found}
    for turn in range(-1, rounds):  # the first compiles, and is not counted
        for name, (count, make) in found.items():
            before = time.process_time()
            make(turn + 1)
            if turn >= 0:
                rates[name].append(count / (time.process_time() - before))
    return [_row(name, "1", each, rates[BASE]) for name, each in rates.items()]


def threads(bank: DigitBank, counts: list[int], rounds: int) -> list[dict[str, Any]]:
    """The same by the clock, with so many threads that share one bank."""
    numbers = NumberGenerator(bank)
    rates: dict[int, list[float]] = {count: [] for count in counts}
    each = 8  # batches of every thread
    for _ in range(rounds):
        for count in counts:
            with ThreadPoolExecutor(count) as pool:
                before = time.perf_counter()
                list(pool.map(lambda turn: numbers(turn * BATCH, BATCH), range(each * count)))
                rates[count].append(each * count * BATCH / (time.perf_counter() - before))
    base = rates[counts[0]]
    return [_row("ours, by the clock", str(count), found, base) for count, found in rates.items()]


def _row(name: str, count: str, rates: list[float], base: list[float]) -> dict[str, Any]:
    ratios = [rate / other for rate, other in zip(rates, base, strict=True)]
    return {
        "way": name,
        "threads": count,
        "numbers_per_second": statistics.median(rates),
        "slowest": min(rates),
        "fastest": max(rates),
        "of_the_first": statistics.median(ratios),
        "ratios": [min(ratios), max(ratios)],
    }


def table(report: dict[str, Any]) -> Table:
    """The report as rows."""
    head = ["way", "threads", "strips/s", "slowest to fastest", "of ours, usual"]
    rows = []
    for each in report["measured"]:
        share = each["of_the_first"]
        low, high = each["ratios"]
        said = f"{share:.2f} ({low:.2f} to {high:.2f})" if share > 0.2 else f"1/{1 / share:.0f}"
        rate = f"{each['numbers_per_second']:,.0f}"
        spread = f"{each['slowest']:,.0f} to {each['fastest']:,.0f}"
        rows.append([each["way"], each["threads"], rate, spread, said])
    return Table("", head, rows, words=1)


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.set_num_threads(1)
    bank = DigitBank([mnist_glyphs("train"), procedural_glyphs("val")])
    measured = one_thread(ways(bank), given.rounds) + threads(bank, given.threads, given.rounds)
    packages = ("torch", "torchvision", "numba", "numpy", "pillow", "kornia")
    there = {name: metadata.version(name) for name in packages if find_spec(_module(name))}
    report = {
        "machine": machine(),
        "commit": source_commit(),
        "versions": there,
        "rounds": given.rounds,
        "measured": measured,
    }
    text = (
        f"# How fast numbers are made\n\n{given.rounds} rounds, in each of which every way works "
        f"in turn: medians, and the spread; ratios are of one round.\n\n"
        f"{table(report).markdown()}\n"
        f"{report['machine']}; {', '.join(f'{k} {v}' for k, v in there.items())}; commit "
        f"{report['commit']}. Written by `python benchmarks/generation.py`.\n"
    )
    print(text)
    storage.write_json(given.out, report)
    with storage.replacing(given.out.with_suffix(".md")) as temporary:
        temporary.write_text(text, "utf-8")


def _module(package: str) -> str:
    return "PIL" if package == "pillow" else package


if __name__ == "__main__":
    main()
