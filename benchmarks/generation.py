"""Numbers are made more than twenty times as fast as with Pillow, on one core.

    python benchmarks/generation.py
    python benchmarks/generation.py --rounds 9

Seconds are the processor's, of one thread. Beside our layouts:

- plain: ours without the compiled loops, as a GPU draws;
- Pillow: the earlier work's way, re-told from its description in benchmarks/earlier.py: one picture
  at a time, each digit rotated, resized, shifted and pasted by maximum, then all scaled.

Where there is a CUDA GPU, it makes numbers, too, by the clock. Other people's generators:
benchmarks/generators.py. How near it comes to what a core can do: benchmarks/roofline.py. Writes
benchmarks/generation.json and benchmarks/generation.md.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import earlier
import findings
import numpy as np
import torch
import turns

from generator.digits import DigitBank
from generator.glyphs import mnist_glyphs, procedural_glyphs
from generator.numbers import NumberGenerator
from generator.style import LAYOUTS, Style

OUT = Path(__file__).with_suffix(".json")
BATCH = 1_024
SLOW = 128  # numbers that a slow way makes in a round
LARGE = 65_536  # numbers that a GPU makes in one
BASE = ("ours, usual",)


def ways(bank: DigitBank) -> dict[tuple[str], turns.Way]:
    """What is measured, by name."""

    def ours(count: int, style: Style, compiled: bool = True) -> turns.Way:
        numbers = NumberGenerator(bank, 1, style, compiled=compiled)
        return turns.per_second(count, lambda turn: numbers(turn * count, count))

    pictures = earlier.digits_by_class()

    def pillow(turn: int) -> object:
        chance = np.random.default_rng(turn)
        return [earlier.number(pictures, chance) for _ in range(SLOW)]

    found = {(f"ours, {name}",): ours(BATCH, style) for name, style in LAYOUTS.items()}
    found["plain, usual",] = ours(SLOW, Style(), compiled=False)
    found["Pillow, one at a time",] = turns.per_second(SLOW, pillow)
    if torch.cuda.is_available():
        name = f"ours, usual, {torch.cuda.get_device_name()}, by the clock"
        found[name,] = turns.per_second(LARGE, on_a_gpu(), time.perf_counter)
    return found


def digits(device: str = "cpu") -> DigitBank:
    """What is drawn: half of it MNIST's, half pen strokes."""
    return DigitBank([mnist_glyphs("train"), procedural_glyphs("val")], device=device)


def on_a_gpu() -> Callable[[int], object]:
    """Numbers made there; they stay there, as training has them."""
    numbers = NumberGenerator(digits("cuda"), 1)

    def make(turn: int) -> None:
        for first in range(0, LARGE, 8 * BATCH):
            numbers(turn * LARGE + first, 8 * BATCH)
        torch.cuda.synchronize()

    return make


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.set_num_threads(1)
    measured = turns.compared(turns.rates(ways(digits()), given.rounds), BASE)
    report = {
        **findings.where(("torch", "numba", "numpy", "pillow")),
        "rounds": given.rounds,
        "measured": measured,
    }
    body = (
        f"{given.rounds} rounds, in each of which every way works in turn, on one thread: "
        "medians, and the spread; ratios are of one round.\n\n"
        f"{turns.table(measured, ['way'], 'strips', BASE[0]).markdown()}"
    )
    findings.write(given.out, "How fast numbers are made", body, report)


if __name__ == "__main__":
    main()
