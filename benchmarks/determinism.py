"""What must come out the same: samples of three seeds, and the losses of 50 steps of each variant.

    python benchmarks/determinism.py

Writes benchmarks/determinism.json; with `--check` it compares instead, and exit code 1 says that
something is not as it was. On a processor of the kind that the file names all must be the same to
the last bit, on one thread. Others round otherwise: there labels must be the same, the mean of all
pixels within `INK` grey levels, the mean loss within `LOSS` of its value, and that of a single
step, of four numbers alone, within `STEP`: between AVX2 and AVX-512 2.1 % was seen.
"""

import argparse
import hashlib
import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from generator.digits import DigitBank
from generator.glyphs import procedural_glyphs
from models import zoo
from toolchain import storage
from toolchain.data import samples
from toolchain.provenance import machine
from toolchain.training import loop
from toolchain.training.recipes import Recipe

FILE = Path(__file__).with_suffix(".json")
SEEDS, SAMPLES = (0, 1, 2), 1_000
# 50 steps; by AdamW alone, since Muon's products of matrices would take most of the time.
RECIPE = Recipe(epochs=1, numbers=200, batch=4, bf16=False, muon=0.0)
TOLD = (20, 40)  # steps whose loss is kept
INK, LOSS, STEP = 0.05, 0.02, 0.03


def bank() -> DigitBank:
    """Digits that nothing need be fetched for."""
    return DigitBank([procedural_glyphs("val")])


def samples_of(seed: int, digits: DigitBank) -> dict[str, Any]:
    """SHA-256 of 1,000 numbers' labels and of their pixels, and the mean of these."""
    made = samples.to_learn("optimized", digits, seed)(0, SAMPLES)
    return {
        "labels": hashlib.sha256(made.digits.numpy().astype("<i8").tobytes()).hexdigest(),
        "pixels": hashlib.sha256(made.strips.numpy().tobytes()).hexdigest(),
        "ink": round(float(made.strips.double().mean()), 4),
    }


def losses_of(variant: str, digits: DigitBank) -> dict[str, float]:
    """Losses on one thread of the CPU, nats a number: of some steps, and the mean of all 50."""
    threads, judged = torch.get_num_threads(), loop.VALIDATION_NUMBERS
    found: dict[str, float] = {}

    def on_step(step: int, loss: float) -> None:
        if step in TOLD:
            found[str(step)] = loss

    def on_epoch(row: loop.Epoch) -> None:
        found["mean"] = row.train_loss

    torch.set_num_threads(1)
    loop.VALIDATION_NUMBERS = 32
    try:
        with tempfile.TemporaryDirectory() as folder:
            loop.train(
                loop.Job(variant, RECIPE),
                (digits, digits),
                Path(folder),
                device=torch.device("cpu"),
                on_step=on_step,
                on_epoch=on_epoch,
            )
    finally:
        torch.set_num_threads(threads)
        loop.VALIDATION_NUMBERS = judged
    return found


def differences(held: dict[str, Any], found: dict[str, Any], same_kind: bool) -> Iterator[str]:
    """What is not as it was, of `samples_of` or `losses_of`; exactly where the processor is."""
    for key in held:
        was, is_ = held[key], found[key]
        if same_kind or key == "labels":
            fits = was == is_
        elif key == "pixels":
            fits = True
        else:
            bounds = {"ink": INK, "mean": LOSS * was}
            fits = abs(was - is_) <= bounds.get(key, STEP * was)
        if not fits:
            yield f"{key} was {was}, is {is_}"


def main() -> int:
    """Parse, compute, write or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=tuple(zoo.VARIANTS),
        help="losses of these variants; the others stay",
    )
    given, digits = parser.parse_args(), bank()
    held = json.loads(FILE.read_text("utf-8"))
    found: dict[str, Any] = {
        "machine": machine(),
        "torch": torch.__version__,
        "samples": {str(seed): samples_of(seed, digits) for seed in SEEDS},
        "losses": {variant: losses_of(variant, digits) for variant in given.only or zoo.VARIANTS},
    }
    same_kind = (held["machine"], held["torch"]) == (found["machine"], found["torch"])
    if not given.check:
        if given.only and not same_kind:
            parser.error(
                f"the others are of {held['machine']}, torch {held['torch']}: leave --only out"
            )
        losses = {**(held["losses"] if given.only else {}), **found["losses"]}
        kept = {name: losses[name] for name in zoo.VARIANTS if name in losses}
        storage.write_json(FILE, {**found, "losses": kept})
        return 0
    wrong = [
        f"{part} {name}: {said}"
        for part in ("samples", "losses")
        for name, was in held[part].items()
        if name in found[part]
        for said in differences(was, found[part][name], same_kind)
    ]
    print("\n".join(wrong) or "all as it was")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
