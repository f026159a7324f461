"""How near drawing comes to what one core can do, by the bytes and operations that a strip needs.

    python benchmarks/roofline.py

Bytes: a digit's canvas, which is looked up in a bank that fits no cache, and the strip, emptied and
written. Operations: pixels that are looked up, counted as they are drawn, times what is written for
one of them in the innermost loop of `generator.kernel`: each sum, product, comparison, choice and
conversion counts as one. What a core can do is measured: bytes copied a second beyond its caches,
and sums and products of floats a second in a loop that the same compiler made. The larger of both
times is the least that a strip can take.

In each round the probes and ways take turns; seconds are the processor's, of one thread. Writes
benchmarks/roofline.json and benchmarks/roofline.md.
"""

import argparse
import ast
import inspect
import statistics
import textwrap
from pathlib import Path
from typing import Any
from unittest import mock

import findings
import generation
import numba
import numpy as np
import torch
import turns
from numpy.typing import NDArray

from generator import kernel
from generator.numbers import PAD, NumberGenerator
from generator.strip import HEIGHT, WIDTH
from generator.strokes import CANVAS_HEIGHT, CANVAS_WIDTH
from toolchain.table import Table

OUT = Path(__file__).with_suffix(".json")
BATCH = generation.BATCH
COPIED = 1 << 26  # bytes: more than caches hold
LINE, PASSES, DEEP = 4_096, 4_096, 8  # floats in the nearest cache; times over; steps for each
OTHERS = 8  # batches that the loops draw in turn: what is drawn again is in a cache
WHOLE, PAINTED, BYTES, OPERATIONS = ("a strip",), ("its drawing",), ("bytes",), ("operations",)


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _reckon(line: NDArray[np.float32], passes: int) -> None:
    factor, term = np.float32(0.999), np.float32(0.001)
    for _ in range(passes):
        for i in range(len(line)):
            x = line[i]
            for _ in range(DEEP):
                x = x * factor + term
            line[i] = x


def operations_a_pixel() -> int:
    """What the innermost loop of the kernel does for a pixel."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kernel._paint.py_func)))
    innermost = [each for each in ast.walk(tree) if isinstance(each, ast.For)][-1]
    kinds = (ast.BinOp, ast.AugAssign, ast.Compare, ast.IfExp, ast.Call)
    return sum(isinstance(each, kinds) for line in innermost.body for each in ast.walk(line))


def needs(numbers: NumberGenerator, count: int) -> dict[str, float]:
    """Of one strip on average: digits, pixels that are looked up, bytes and operations."""
    pixels = 0
    paint = kernel._paint

    def counting(*given: Any) -> None:
        nonlocal pixels
        spans, (top, bottom) = given[4:6]
        pixels += int((spans[top:bottom, 1] - spans[top:bottom, 0]).sum())
        paint(*given)

    with (
        mock.patch.object(kernel, "_paint", counting),
        mock.patch.object(kernel, "paint_placed", kernel.paint_placed.py_func),
    ):
        made = numbers(0, count)
    digits = int((made.digits != PAD).sum()) / count
    return {
        "digits": digits,
        "pixels": pixels / count,
        "bytes": digits * CANVAS_HEIGHT * CANVAS_WIDTH + 2 * HEIGHT * WIDTH,
        "operations": pixels / count * operations_a_pixel(),
    }


def ways(numbers: NumberGenerator, batch: int) -> dict[tuple[str], turns.Way]:
    """Strips, bytes and operations a second."""
    told: list[tuple[Any, ...]] = []
    placed = kernel.paint_placed
    with mock.patch.object(kernel, "paint_placed", lambda *given: told.append(given)):
        for turn in range(OTHERS):
            numbers(turn * batch, batch)
    source, target = (np.ones(COPIED // 2, np.uint8) for _ in range(2))
    line = np.ones(LINE, np.float32)
    return {
        WHOLE: turns.per_second(batch, lambda turn: numbers(turn * batch, batch)),
        PAINTED: turns.per_second(batch, lambda turn: placed(*told[turn % OTHERS])),
        BYTES: turns.per_second(COPIED, lambda turn: np.copyto(target, source)),
        OPERATIONS: turns.per_second(2 * DEEP * LINE * PASSES, lambda turn: _reckon(line, PASSES)),
    }


def page(one: dict[str, float], rates: dict[tuple[str], list[float]]) -> str:
    """What a strip needs, what a core can do, what is taken, and how near that comes."""
    least = [
        max(one["bytes"] / moved, one["operations"] / done)
        for moved, done in zip(rates[BYTES], rates[OPERATIONS], strict=True)
    ]
    near = [time * rate for time, rate in zip(least, rates[PAINTED], strict=True)]
    share = [whole / drawn for whole, drawn in zip(rates[WHOLE], rates[PAINTED], strict=True)]
    middle = {name: statistics.median(each) for name, each in rates.items()}
    taken = {
        "to move its bytes": [one["bytes"] / each for each in rates[BYTES]],
        "to do its operations": [one["operations"] / each for each in rates[OPERATIONS]],
        "the loops that draw it": [1 / each for each in rates[PAINTED]],
        "all, laid out and drawn": [1 / each for each in rates[WHOLE]],
    }
    rows = [
        [
            name,
            f"{1e6 * statistics.median(each):.2f}",
            f"{1e6 * min(each):.2f} to {1e6 * max(each):.2f}",
        ]
        for name, each in taken.items()
    ]
    times = Table("", ["of one strip", "µs", "fastest to slowest"], rows)
    return (
        f"A strip has {one['digits']:.2f} digits, for which {one['pixels']:,.0f} pixels are looked "
        f"up, with {operations_a_pixel()} operations each: {one['operations']:,.0f}. It moves "
        f"{one['bytes']:,.0f} bytes. The core copies {middle[BYTES] / 1e9:.1f} GB/s and does "
        f"{middle[OPERATIONS] / 1e9:.1f} G operations/s.\n\n{times.markdown()}\n"
        f"The loops come to {statistics.median(near):.0%} ({min(near):.0%} to {max(near):.0%}) of "
        f"what the core can do, and are {statistics.median(share):.0%} of the time of a strip; the "
        "rest draws by chance and lays out.\n"
    )


def main() -> None:
    """Count, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--count", type=int, default=BATCH, help="numbers that are counted")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.set_num_threads(1)
    numbers = NumberGenerator(generation.digits())
    one = needs(numbers, given.count)
    rates = turns.rates(ways(numbers, BATCH), given.rounds)
    report = {
        **findings.where(("numba", "numpy", "torch")),
        "rounds": given.rounds,
        "a_strip": one,
        "a_second": {name: each for (name,), each in rates.items()},
    }
    findings.write(given.out, "What a strip needs", page(one, rates), report)


if __name__ == "__main__":
    main()
