"""What may go wrong, done on purpose: `python -m benchmarks.reliability --minutes 10`.

Tries every fault once, however long that takes. Until the time is over it then kills each command
until it was killed 50 times, and goes on with all of them. Chance decides where a fault strikes,
and `--seed` decides chance. Writes benchmarks/reliability.json and the tables in
toolchain/README.md; exit code 1 says that a promise did not hold.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: processes are made by copying

import random
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks import block
from benchmarks.reliability import disk, files, kills, memory, ranks, same, tables
from benchmarks.reliability.tries import Broken, Tried, Try
from toolchain import storage
from toolchain.provenance import machine, source_commit

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "benchmarks" / "reliability.json"
KINDS = {
    "kills": kills.TRIES,
    "disk": disk.TRIES,
    "files": files.TRIES,
    "memory": memory.TRIES,
    "same": same.TRIES,
    "ranks": ranks.TRIES,
}


def rounds(kinds: Mapping[str, list[Try]], seconds: float, seed: int) -> list[dict[str, Any]]:
    """Every try once, then for so many seconds whichever has had least of them.

    Those of which more are wanted come first.

    Returns:
        Of each its kind, names and promise, runs, how often it struck, seconds, figures, what it
        told, and what broke.
    """
    tries = [(kind, each) for kind, tries in kinds.items() for each in tries]
    found: list[dict[str, Any]] = [
        {
            **{"kind": kind, "of": each.of, "what": each.what, "promise": each.promise},
            **{"runs": 0, "struck": 0, "seconds": 0.0, "most": {}, "told": None, "broken": []},
        }
        for kind, each in tries
    ]

    def urgency(place: int) -> tuple[bool, float]:
        row = found[place]
        return row["struck"] >= tries[place][1].wanted, row["seconds"]

    end = time.monotonic() + seconds
    for place in range(len(tries)):
        _once(tries[place][1], found[place], seed)
    again = [place for place, (_, each) in enumerate(tries) if each.wanted]
    while again and time.monotonic() < end:
        place = min(again, key=urgency)
        _once(tries[place][1], found[place], seed)
    return found


def _once(each: Try, row: dict[str, Any], seed: int) -> None:
    """One run more of a try, told in its row."""
    turn, said, started = row["runs"], "held", time.monotonic()
    with TemporaryDirectory() as name:
        try:
            each.before()
            started = time.monotonic()
            chance = random.Random(f"{seed} {turn} {each.fault}")
            tried = each.once(chance, Path(name) / "here") or Tried()
        except Exception as error:  # such as of a result that is not there
            what = str(error) if isinstance(error, Broken) else repr(error)
            row["broken"].append({"turn": turn, "what": what})
            tried, said = Tried(), f"BROKEN: {what}"
    seconds = time.monotonic() - started
    row["runs"] += 1
    row["struck"] += tried.count
    row["seconds"] += seconds
    row["told"] = tried.told or row["told"]
    for key, value in {"seconds a run": seconds, **tried.most}.items():
        row["most"][key] = max(value, row["most"].get(key, value))
    print(f"{each.fault}, turn {turn}, {seconds:.1f} s: {said}", file=sys.stderr, flush=True)


def main() -> int:
    """Parse, try, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="faults whose name holds this; nothing written")
    given = parser.parse_args()
    torch.set_num_threads(1)
    kinds = {
        kind: [each for each in tries if given.only in each.fault] for kind, tries in KINDS.items()
    }
    started = time.monotonic()
    found = rounds(kinds, 60 * given.minutes, given.seed)
    report = {
        "machine": machine(),
        "commit": source_commit(),
        "seed": given.seed,
        "minutes": (time.monotonic() - started) / 60,
        "tries": found,
    }
    print(tables.page(report))
    if not given.only:
        storage.write_json(REPORT, report)
        block.write(ROOT / "toolchain" / "README.md", "reliability", tables.page(report))
    return int(any(row["broken"] for row in found))


if __name__ == "__main__":
    raise SystemExit(main())
