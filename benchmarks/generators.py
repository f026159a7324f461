"""Whole numbers are made faster than others write their text, or only turn their digits.

    python benchmarks/generators.py --python others/bin/python
    python benchmarks/generators.py --rounds 9

Seconds are the processor's, of one thread. Beside our strips, drawn by the usual layout:

- TRDG, SynthTIGER: printed numbers, plain and turned, on strips of that size; benchmarks/printed.py
  has how. Both want older packages than this project, so that they run in an environment of their
  own, whose Python `--python` names;
- torchvision v2, Kornia: nothing but turned, resized and shifted 28x28 pictures, as many as such
  numbers have digits: one call a picture, and one call for all of them.

What is not installed is left out, and the page says so. For the first two

    python -m venv others
    others/bin/pip install trdg==1.8.0 synthtiger==1.2.1 'pillow<10' 'numpy<2' 'setuptools<81'

SynthTIGER draws with libraqm, which looks for the system's libfribidi. For Kornia `pip install
kornia` in this environment. Writes benchmarks/generators.json and benchmarks/generators.md.
"""

import argparse
import contextlib
import os
import subprocess
from pathlib import Path

import findings
import generation
import matplotlib
import torch
import turns
from torch import Tensor, nn

from generator.mnist import mnist_part
from generator.numbers import PAD, NumberGenerator

OUT = Path(__file__).with_suffix(".json")
PRINTED = Path(__file__).with_name("printed.py")
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
BATCH = generation.BATCH
SLOW = generation.SLOW
BASE = ("ours", "whole strips")
# Of pictures of digits: degrees either way, share of the side either way, resized by.
TURN, SHIFT, SIZE = 10.0, (4 / 28, 4 / 28), (0.9, 1.1)


def ours() -> turns.Way:
    """Strips of the usual layout."""
    numbers = NumberGenerator(generation.digits())
    return turns.per_second(BATCH, lambda turn: numbers(turn * BATCH, BATCH))


class Printed:
    """A generator of printed text in another environment: asked for a count, it says seconds."""

    def __init__(self, python: Path, name: str, stack: contextlib.ExitStack) -> None:
        """Start it; where `versions` is empty it cannot be had, and `why` says the reason."""
        self.why = "it ended"
        self.running = stack.enter_context(
            subprocess.Popen(
                [python, PRINTED, name, FONT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, "PYTHONPATH": "", "OMP_NUM_THREADS": "1"},
            )
        )
        self.versions = self._line()

    def __call__(self, turn: int) -> float:
        """Strips a second."""
        assert self.running.stdin is not None
        print(SLOW, file=self.running.stdin, flush=True)
        return SLOW / float(self._line())

    def _line(self) -> str:
        assert self.running.stdout is not None
        while line := self.running.stdout.readline():
            # What a package prints beside is no answer.
            if line.startswith("> "):
                return line[2:].strip()
            self.why = line.strip() or self.why
        return ""


def pictures() -> Tensor:
    """As many of MNIST's pictures as `SLOW` numbers have digits: uint8 [M, 1, 28, 28]."""
    digits = NumberGenerator(generation.digits())(0, SLOW).digits
    images, _ = mnist_part("train")
    return torch.from_numpy(images[: int((digits != PAD).sum())])[:, None]


def torchvision(shown: Tensor) -> turns.Way:
    """One call a picture: a call draws one transform for all that it is given."""
    try:
        import torchvision  # noqa: F401
    except (
        RuntimeError
    ):  # built for another PyTorch: its operators are missing, but turning has none
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor a, Tensor b, float c) -> Tensor")
    from torchvision.transforms import InterpolationMode, v2

    affine = v2.RandomAffine(TURN, SHIFT, SIZE, interpolation=InterpolationMode.BILINEAR)
    return turns.per_second(SLOW, lambda turn: [affine(picture) for picture in shown])


def kornia(shown: Tensor) -> turns.Way:
    """One call for all of them, each turned by itself."""
    from kornia import augmentation

    affine: nn.Module = augmentation.RandomAffine(TURN, SHIFT, SIZE, p=1.0)
    floats = shown.float() / 255
    return turns.per_second(SLOW, lambda turn: affine(floats))


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=Path, help="where TRDG and SynthTIGER are installed")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.set_num_threads(1)
    ways: dict[tuple[str, str], turns.Way] = {BASE: ours()}
    versions, without = {}, {}
    with contextlib.ExitStack() as stack:
        for name in ("trdg", "synthtiger"):
            if given.python is None:
                without[name] = "no --python"
                continue
            printed = Printed(given.python, name, stack)
            if printed.versions:
                ways[name, "printed text"] = printed
                versions[name] = printed.versions
            else:
                without[name] = printed.why
        there = []
        for name, geometry in (("torchvision", torchvision), ("kornia", kornia)):
            try:
                ways[name, "digits turned, no strip"] = geometry(pictures())
                there.append(name)
            except (ImportError, RuntimeError) as error:  # a torchvision built for another PyTorch
                without[name] = str(error)
        measured = turns.compared(turns.rates(ways, given.rounds), BASE)
    report = {
        **findings.where(("torch", "numba", "numpy", *there)),
        "others": versions,
        "without": without,
        "rounds": given.rounds,
        "measured": measured,
    }
    said = [f"With {version}." for version in versions.values()]
    said += [f"Without {name}: {why}." for name, why in without.items()]
    body = (
        f"{given.rounds} rounds, in each of which every way works in turn, on one thread; ratios "
        f"are of one round.\n\n{turns.table(measured, ['way', 'of'], 'numbers', 'ours').markdown()}"
        f"\n{' '.join(said)}\n"
    )
    findings.write(given.out, "Other generators", body, report)


if __name__ == "__main__":
    main()
