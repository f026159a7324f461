"""What may go wrong, done on purpose: `python -m benchmarks.reliability --minutes 10`.

Tries every fault in turn until the time is over, each at least once; chance decides where a fault
strikes, and `--seed` decides chance. Writes benchmarks/reliability.json and the table in
toolchain/README.md; exit code 1 says that a promise did not hold.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: processes are made by copying

import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks import block
from benchmarks.reliability import disk, files, kills
from benchmarks.reliability.tries import Broken, Try
from toolchain import storage
from toolchain.provenance import machine, source_commit

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "benchmarks" / "reliability.json"
KINDS = (kills, disk, files)


def rounds(tries: list[Try], seconds: float, seed: int) -> list[dict[str, Any]]:
    """Each try in turn, for so many seconds, at least once: fault, promise, runs, what broke."""
    found: list[dict[str, Any]] = [
        {"fault": each.fault, "promise": each.promise, "runs": 0, "broken": []} for each in tries
    ]
    end, turn = time.monotonic() + seconds, 0
    while turn == 0 or time.monotonic() < end:
        for each, row in zip(tries, found, strict=True):
            if turn and time.monotonic() > end:
                break
            with TemporaryDirectory() as name:
                said, tried = "held", 1
                try:
                    chance = random.Random(f"{seed} {turn} {each.fault}")
                    tried = each.once(chance, Path(name) / "here") or 1
                except Broken as broken:
                    row["broken"].append({"turn": turn, "what": str(broken)})
                    said = f"BROKEN: {broken}"
                print(f"turn {turn}, {each.fault}: {said}", file=sys.stderr, flush=True)
            row["runs"] += tried
        turn += 1
    return found


def table(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    lines = ["| fault | what must hold | tried | held |", "|---|---|---:|---:|"]
    for row in report["tries"]:
        held = row["runs"] - len(row["broken"])
        lines.append(f"| {row['fault']} | {row['promise']} | {row['runs']} | {held} |")
    runs = sum(row["runs"] for row in report["tries"])
    broken = sum(len(row["broken"]) for row in report["tries"])
    lines += [
        "",
        f"{runs} tries in {report['minutes']:.0f} minutes, {broken} of them broke a promise; seed "
        f"{report['seed']}, commit {report['commit']}, {report['machine']}, one thread.",
    ]
    return "\n".join(lines)


def main() -> int:
    """Parse, try, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="faults whose name holds this; nothing written")
    given = parser.parse_args()
    torch.set_num_threads(1)
    tries = [each for kind in KINDS for each in kind.TRIES if given.only in each.fault]
    started = time.monotonic()
    found = rounds(tries, 60 * given.minutes, given.seed)
    report = {
        "machine": machine(),
        "commit": source_commit(),
        "seed": given.seed,
        "minutes": (time.monotonic() - started) / 60,
        "tries": found,
    }
    print(table(report))
    if not given.only:
        storage.write_json(REPORT, report)
        block.write(ROOT / "toolchain" / "README.md", "reliability", table(report))
    return int(any(row["broken"] for row in found))


if __name__ == "__main__":
    raise SystemExit(main())
