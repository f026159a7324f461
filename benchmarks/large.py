"""What one `nrtool predict` of a 12-megapixel photograph takes: processor time and memory.

    python benchmarks/large.py

Three numbers on ruled paper, one below another, as a telephone photographs them. Each run is a
process of its own, from Python's start to the printed readings, on Linux. Processor time is what
it keeps a core busy, whatever else a computer does. Exit 1 above 1.5 s, 400 MB, or where they are
misread.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from toolchain.proof.paper import grained, light, ruled
from toolchain.provenance import machine

SIZE = (4000, 3000)
SMALLER = 4  # paper is made so much smaller and enlarged
NUMBERS = ("407", "74", "7004")
STROKES = {
    "0": ((0.5, 0), (0.1, 0.3), (0.1, 0.7), (0.5, 1), (0.9, 0.7), (0.9, 0.3), (0.5, 0)),
    "4": ((0.7, 1), (0.7, 0), (0, 0.65), (1, 0.65)),
    "7": ((0, 0), (1, 0), (0.35, 1)),
}
HIGH, WIDE, STEP, THICK = 330, 200, 290, 34  # px of a digit, and of the pen
SECONDS, MEGABYTES = 1.5, 400
# Told by the process itself, on Linux: getrusage would count its parent's memory in.
STATUS = Path("/proc/self/status")
MEASURED = """
import atexit, json, sys, time
def told():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps([time.process_time(), 1.024e-3 * int(line.split()[1])]), file=sys.stderr)
atexit.register(told)
from toolchain.cli import main
main()
"""


def photograph() -> Image.Image:
    """RGB, 4000 x 3000."""
    chance = np.random.default_rng(12)
    small = (SIZE[0] // SMALLER, SIZE[1] // SMALLER)
    paper = ruled(grained(small, chance), chance) * light(small, chance)[..., None]
    sheet = Image.fromarray(paper.clip(0, 255).astype(np.uint8)).resize(SIZE)
    pen = ImageDraw.Draw(sheet)
    for line, number in enumerate(NUMBERS):
        for place, digit in enumerate(number):
            left, top = 500 + STEP * place, 500 + 700 * line
            path = [(left + WIDE * x, top + HIGH * y) for x, y in STROKES[digit]]
            pen.line(path, (40, 45, 90), THICK, "curve")
    noisy = np.asarray(sheet, np.int16) + chance.integers(-6, 7, (SIZE[1], SIZE[0], 1), np.int16)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def measure(path: Path, more: Sequence[str] = ()) -> tuple[list[str], float, float]:
    """What `nrtool predict` reads in a file, its seconds of processor time, its peak in MB."""
    command = [sys.executable, "-c", MEASURED, "predict", str(path), "--json", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, megabytes = json.loads(done.stderr.splitlines()[-1])
    return [entry["number"] for entry in json.loads(done.stdout)], seconds, megabytes


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.jpg"
        photograph().save(path, quality=90)
        runs = [measure(path) for _ in range(given.runs)]
    seconds = min(run[1] for run in runs)
    megabytes = max(run[2] for run in runs)
    right = all(tuple(run[0]) == NUMBERS for run in runs)
    print(
        f"{seconds:.2f} s of processor time (fewest of {given.runs} runs), "
        f"{megabytes:.0f} MB at most, {'read' if right else 'misread'}, on {machine()}"
    )
    return 0 if right and seconds <= SECONDS and megabytes <= MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
