"""The same network under other runtimes, side by side: `python benchmarks/runtimes/compare.py`.

Needs the extra `runtimes`, in an environment of its own: LiteRT's converter wants older versions of
what we use than constraints.txt names. Each runtime gets the network of a release as its own tools
convert it, and reads the same numbers, one thread, one strip, by turns in one process. What a
runtime cannot convert or run is said in the table, in its own words.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from converters import RUNTIMES, Run
from numpy.typing import NDArray

from generator.numbers import NumberGenerator
from generator.shards import number_text
from models.ctc import greedy_decode
from toolchain.data import checkpoint
from toolchain.data.sources import Digits
from toolchain.proof.parity import SEED
from toolchain.provenance import machine
from toolchain.reading.modelfile import shipped
from toolchain.reading.runtime import INPUT, open_model
from toolchain.shipping.release_reports import float32_of
from toolchain.storage import sha256
from toolchain.table import Table


def compare(variant: str, exports: Path, kept: Path, count: int, runs: int) -> dict[str, Any]:
    """Build, check and time every runtime; each row says what it read otherwise than PyTorch.

    Args:
        variant: whose release.
        exports: where releases are.
        kept: where converted files are kept, by the weights they are of.
        count: numbers to read.
        runs: of each, for the time.
    """
    release = exports / variant
    weights = release / f"{variant}.safetensors"
    network, _ = checkpoint.load_model(weights)
    numbers = NumberGenerator(Digits().bank("test"), SEED)(0, count)
    strips, labels = numbers.strips.numpy(), [number_text(row) for row in numbers.digits.numpy()]
    with torch.no_grad():
        exact = torch.cat([network(part.float() / 255) for part in numbers.strips.split(50)])
    expected = _read(exact.numpy())

    float32 = float32_of(release)
    ours = {
        "ONNX Runtime, float32": float32,
        "ONNX Runtime, int8 (ours)": shipped(variant, exports),
    }
    converted = kept / sha256(weights)[:12]
    runners: dict[str, Run] = {}
    rows: list[dict[str, Any]] = []
    for title in (*ours, *RUNTIMES):
        print(f"{title} ...", file=sys.stderr, flush=True)
        try:
            if title in ours:
                run, size = _ours(ours[title])
            else:
                run, size = _built(title, network, float32, converted)
            got = np.concatenate([run(strip[None]) for strip in strips])
            if got.shape != exact.shape:
                raise RuntimeError(f"it gives {list(got.shape)}")
        except Exception as error:  # a converter fails in a way of its own; the table says so
            said = " ".join(str(error).split())[:120] or type(error).__name__
            rows.append({"runtime": title, "failed": said})
            continue
        readings = _read(got)
        runners[title] = run
        rows.append(
            {
                "runtime": title,
                "size": size,
                "accuracy": 100 * float(np.mean(np.array(readings) == np.array(labels))),
                "mismatches": sum(a != b for a, b in zip(readings, expected, strict=True)),
                "largest": float(np.abs(got - exact.numpy()).max()),
            }
        )
    times = _in_turns(runners, strips, runs)
    for row in rows:
        if row["runtime"] in times:
            row["milliseconds"] = times[row["runtime"]]
    return {"variant": variant, "machine": machine(), "count": count, "runs": runs, "rows": rows}


def _ours(path: Path) -> tuple[Run, int]:
    session = open_model(path)
    return lambda strip: session.run(["log_probs"], {INPUT: strip})[0], path.stat().st_size


def _built(title: str, network: torch.nn.Module, float32: Path, converted: Path) -> tuple[Run, int]:
    """The network under another runtime, converted unless it has been; and its files' bytes."""
    runtime, folder = RUNTIMES[title], converted / title
    if not folder.is_dir():
        unfinished = converted / f"{title}.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        runtime.convert(network, float32, unfinished)
        unfinished.rename(folder)
    files = [path for path in folder.iterdir() if path.name.endswith(runtime.files)]
    return runtime.load(folder), sum(path.stat().st_size for path in files)


def _read(log_probs: NDArray[np.float32]) -> list[str]:
    return [number_text(row) for row in greedy_decode(torch.from_numpy(log_probs)).numpy()]


def _in_turns(runners: dict[str, Run], strips: NDArray[np.uint8], runs: int) -> dict[str, float]:
    times: dict[str, list[float]] = {title: [] for title in runners}
    for turn in range(runs):
        strip = strips[turn % len(strips)][None]
        for title, run in runners.items():
            start = time.perf_counter()
            run(strip)
            times[title].append((time.perf_counter() - start) * 1e3)
    return {title: float(np.median(each)) for title, each in times.items()}


def table(report: dict[str, Any]) -> Table:
    """The rows as text."""
    rows = [
        [row["runtime"], f"cannot: {row['failed']}", "", "", "", ""]
        if "failed" in row
        else [
            row["runtime"],
            f"{row['size'] / 1e6:.2f} MB",
            f"{row['milliseconds']:.2f}",
            f"{row['accuracy']:.2f} %",
            str(row["mismatches"]),
            f"{row['largest']:.2g}",
        ]
        for row in report["rows"]
    ]
    return Table(
        f"{report['variant']} on {report['machine']}: {report['count']:,} numbers from MNIST test "
        f"digits, seed {SEED}; one thread, one strip, median of {report['runs']} runs by turns",
        ["runtime", "files", "ms", "exact", "unlike PyTorch", "largest difference"],
        rows,
    )


def main() -> None:
    """Compare, write the report beside this file, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", default="optimized")
    parser.add_argument("--exports", type=Path, default=Path("exports"))
    parser.add_argument("--kept", type=Path, default=Path("runs/runtimes"), help="converted files")
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=200)
    given = parser.parse_args()
    report = compare(given.variant, given.exports, given.kept, given.count, given.runs)
    shown = table(report)
    beside = Path(__file__).parent / given.variant
    beside.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    beside.with_suffix(".md").write_text(f"{shown.title}\n\n{shown.markdown()}", "utf-8")
    sys.stdout.write(f"{shown.title}\n{shown.markdown()}")


if __name__ == "__main__":
    main()
