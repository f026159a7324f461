"""Bench: size, load time, latency and memory of each form of a model, side by side in one run.

The forms take turns, run by run, so that whatever else the machine does hits all of them alike;
what carries over to other machines is the ratio to float32.
"""

import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from toolchain.provenance import machine
from toolchain.reading.runtime import INPUT, open_model

WARMUP = 20
# One strip on one thread comes first: it is what a game does, and what tables quote.
CASES = ((1, 1), (2, 1), (1, 16), (2, 16))  # threads, batch
MEMORY_RUNS = 50
PERCENTS = tuple(range(0, 101, 5))
QUIET = 0.25  # spread of float32 on one thread up to which a machine counts as quiet
OPERATORS = 12  # that are told apart; what is left is added up


@dataclass(frozen=True)
class Latency:
    """Milliseconds per run.

    Attributes:
        threads, batch: of the run.
        p50, p90, p99: percentiles.
        speedup: float32's median over this one's, in the same turns.
        spread: from the 10th to the 90th percentile, relative to the median.
        percentiles: every fifth, from the fastest to the slowest run.
    """

    threads: int
    batch: int
    p50: float
    p90: float
    p99: float
    speedup: float
    spread: float
    percentiles: list[float]


@dataclass(frozen=True)
class Operator:
    """Milliseconds per run that all operators of one kind take together, and their share."""

    kind: str
    milliseconds: float
    share: float


@dataclass(frozen=True)
class Form:
    """One file: what it is, and what it costs.

    Attributes:
        name, file: precision and file name.
        size, size_share: bytes, and their share of float32's.
        load_ms, cold_ms: to judge and open the file, which runs it once on an empty strip; until
            its first reading is there.
        peak_memory_mib: that it adds to a process.
        latency: one for each of `CASES`.
        operators: where the time of one strip on one thread goes.
    """

    name: str
    file: str
    size: int
    size_share: float
    load_ms: float
    cold_ms: float
    peak_memory_mib: float
    latency: list[Latency]
    operators: list[Operator]


@dataclass(frozen=True)
class Bench:
    """The whole measurement and where it was made.

    `quiet` says whether the machine was left alone enough for times in ms to mean something; the
    ratios, taken by turns, mean something in any case.
    """

    machine: str
    onnxruntime: str
    runs: int
    quiet: bool
    forms: list[Form]

    def as_json(self) -> dict[str, Any]:
        """Plain data for files and machines."""
        return asdict(self)


def bench(
    files: dict[str, Path],
    strips: NDArray[np.uint8],
    runs: int = 300,
    on_run: Callable[[int], None] = lambda done: None,
) -> Bench:
    """Measure every form of one model.

    Args:
        files: name to .onnx; the first is what the others are compared with.
        strips: uint8 [N, 1, 32, 128], N >= 16, real numbers to read.
        runs: timed runs of each form at one strip; a batch of 16 runs an eighth as often.
        on_run: called with how many rounds are done, of `rounds(runs)`.

    Raises:
        BadInput: a file is missing, damaged or foreign.
    """
    for path in files.values():
        open_model(path)  # fails here, in words, rather than in a child process
    latencies: dict[str, list[Latency]] = {name: [] for name in files}
    done = 0
    for threads, batch in CASES:
        count = _runs(runs, batch)
        times = in_turns(files, strips, threads, count, partial(_shifted, on_run, done), batch)
        done += count
        first = float(np.median(next(iter(times.values()))))
        for name, milliseconds in times.items():
            latencies[name].append(_latency(threads, batch, milliseconds, first))
    whole = next(iter(files.values())).stat().st_size
    forms = []
    for name, path in files.items():
        load_ms, cold_ms, memory = _in_own_process(path, strips[:1])
        size = path.stat().st_size
        figures = (size, size / whole, load_ms, cold_ms, memory)
        forms.append(
            Form(name, path.name, *figures, latencies[name], by_operator(path, strips[:1]))
        )
    quiet = latencies[next(iter(files))][0].spread <= QUIET
    return Bench(machine(), onnxruntime.__version__, runs, quiet, forms)


def rounds(runs: int) -> int:
    """How many rounds `bench` makes in all."""
    return sum(_runs(runs, batch) for _, batch in CASES)


def _runs(runs: int, batch: int) -> int:
    return runs if batch == 1 else max(5, runs // 8)


def _latency(threads: int, batch: int, milliseconds: NDArray[np.float64], first: float) -> Latency:
    p10, p50, p90, p99 = np.percentile(milliseconds, (10, 50, 90, 99)).tolist()
    every = [round(value, 4) for value in np.percentile(milliseconds, PERCENTS).tolist()]
    return Latency(threads, batch, p50, p90, p99, first / p50, (p90 - p10) / p50, every)


def by_operator(path: Path, strip: NDArray[np.uint8], runs: int = 30) -> list[Operator]:
    """Where the time of one run goes, by ONNX Runtime's own profile, the longest first."""
    with tempfile.TemporaryDirectory() as folder:
        session = open_model(path, profile=Path(folder) / "profile")
        for _ in range(runs):
            session.run(None, {INPUT: strip})
        events = json.loads(Path(session.end_profiling()).read_text("utf-8"))
    sums: Counter[str] = Counter()
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            sums[event["args"]["op_name"]] += event["dur"] / 1e3 / runs
    whole = sum(sums.values())
    found = sums.most_common(OPERATORS)
    found.append(("the rest", whole - sum(milliseconds for _, milliseconds in found)))
    return [Operator(kind, spent, spent / whole) for kind, spent in found]


def _shifted(on_run: Callable[[int], None], before: int, done: int) -> None:
    on_run(before + done)


def in_turns(
    files: dict[str, Path],
    strips: NDArray[np.uint8],
    threads: int,
    runs: int,
    on_run: Callable[[int], None] = lambda done: None,
    batch: int = 1,
) -> dict[str, NDArray[np.float64]]:
    """Milliseconds float64 [runs] of each file, one batch at a time, the files by turns."""
    sessions = {name: open_model(path, threads) for name, path in files.items()}
    times = {name: np.empty(runs) for name in files}
    for run in range(-min(WARMUP, runs), runs):
        strip = strips[np.arange(run, run + batch) % len(strips)]
        for name, session in sessions.items():
            start = time.perf_counter()
            session.run(None, {INPUT: strip})
            if run >= 0:
                times[name][run] = (time.perf_counter() - start) * 1e3
        on_run(max(0, run + 1))
    return times


def _in_own_process(path: Path, strip: NDArray[np.uint8]) -> tuple[float, ...]:
    """Ms to load, ms to the first reading, added MiB of peak memory, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_load_and_run, args=(path, strip, sending))
    child.start()
    sending.close()
    figures = receiving.recv()
    child.join()
    return tuple(map(float, figures))


def _load_and_run(path: Path, strip: NDArray[np.uint8], sending: Any) -> None:
    before = _peak_memory()
    start = time.perf_counter()
    session = open_model(path)
    load_ms = (time.perf_counter() - start) * 1e3
    session.run(None, {INPUT: strip})
    cold_ms = (time.perf_counter() - start) * 1e3
    for _ in range(MEMORY_RUNS):
        session.run(None, {INPUT: strip})
    sending.send((load_ms, cold_ms, _peak_memory() - before))


def _peak_memory() -> float:
    """Largest resident size of this process so far, MiB."""
    status = Path("/proc/self/status")
    if status.is_file():
        # getrusage would count the parent's memory in, which Linux carries over into a child.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource  # not on Windows, where everything else here works

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
