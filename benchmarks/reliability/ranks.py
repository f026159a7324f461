"""Training by several processes beside one: `torchrun nrtool train`, epoch by epoch."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.reliability.commands import DIGITS, prepare
from benchmarks.reliability.tries import PATIENCE, VALIDATION, Tried, Try, insist

PROCESSES = (1, 2)
FIRST, CLOSE = 1e-4, 0.02  # how far a loss may lie apart: of the first epoch, of later ones
# What a user starts, but for fewer validation numbers.
COMMAND = (
    f"from toolchain.training import loop; loop.VALIDATION_NUMBERS = {VALIDATION}; "
    "from toolchain.cli import main; main()"
)
LENGTH = ("--epochs", "6", "--numbers", "64", "--batch", "32", "--set", "recipe.bf16=false")
TRAIN = ("train", "--variant", "lightweight", *LENGTH, "--device", "cpu", "--json")


def curve(processes: int, folder: Path) -> list[dict[str, Any]]:
    """Each epoch of a run, as `nrtool train --json` tells it."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python"]
    torchrun += ["--nproc-per-node", str(processes), "--", sys.executable, "-c", COMMAND]
    where = ("--runs", str(folder / "runs"), "--run", str(processes))
    digits = ("--custom", str(folder / DIGITS), "--custom-share", "1")
    done = subprocess.run(
        [*torchrun, *TRAIN, *where, *digits],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    insist(done.returncode == 0, f"{processes} processes: {done.stderr[-2000:]}")
    return list(json.loads(done.stdout)["epochs"])


def _side_by_side(_: random.Random, folder: Path) -> Tried:
    prepare(folder)
    curves = {str(each): curve(each, folder) for each in PROCESSES}
    alone, kept = curves["1"], ("train_loss", "val_loss")
    for name, rows in curves.items():
        for row, other in zip(rows, alone, strict=True):
            for loss in kept:
                apart = abs(row[loss] / other[loss] - 1)
                where = f"{loss}, epoch {row['epoch']} of {name} processes"
                near = FIRST if row["epoch"] == 1 and loss == "train_loss" else CLOSE
                insist(apart <= near, f"{where}: {apart:.1e} apart")
    return Tried(
        told={name: [{k: row[k] for k in kept} for row in rows] for name, rows in curves.items()}
    )


TRIES = [Try("training", "by two processes", "the curve of one process", _side_by_side, wanted=0)]
