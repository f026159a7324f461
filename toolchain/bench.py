"""Bench: size, load time, latency and memory of each form of a model, side by side in one run.

The forms take turns, run by run, so that whatever else the machine does hits all of them alike;
what carries over to other machines is the ratio to float32.
"""

import multiprocessing
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from toolchain.runtime import INPUT, open_model

WARMUP = 20
THREADS = (1, 2)
MEMORY_RUNS = 50


@dataclass(frozen=True)
class Latency:
    """Milliseconds per strip at batch 1; `speedup` is float32's median over this one's."""

    threads: int
    p50: float
    p90: float
    p99: float
    speedup: float


@dataclass(frozen=True)
class Form:
    """One file: bytes, its share of float32, ms to load, MiB of peak memory it adds, latencies."""

    name: str
    file: str
    size: int
    size_share: float
    load_ms: float
    peak_memory_mib: float
    latency: list[Latency]


@dataclass(frozen=True)
class Bench:
    """The whole measurement and where it was made."""

    machine: str
    onnxruntime: str
    runs: int
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
        strips: uint8 [N, 1, 32, 128], real numbers to read, one at a time.
        runs: timed runs of each form for each thread count.
        on_run: called with how many rounds are done, of runs * 2.

    Raises:
        BadInput: a file is missing, damaged or foreign.
    """
    for path in files.values():
        open_model(path)  # fails here, in words, rather than in a child process
    latencies: dict[str, list[Latency]] = {name: [] for name in files}
    for turn, threads in enumerate(THREADS):
        times = in_turns(files, strips, threads, runs, partial(_shifted, on_run, turn * runs))
        first = np.median(next(iter(times.values())))
        for name, milliseconds in times.items():
            p50, p90, p99 = np.percentile(milliseconds, (50, 90, 99)).tolist()
            latencies[name].append(Latency(threads, p50, p90, p99, float(first / p50)))
    whole = next(iter(files.values())).stat().st_size
    forms = []
    for name, path in files.items():
        load_ms, memory = _in_own_process(path, strips[:1])
        size = path.stat().st_size
        forms.append(Form(name, path.name, size, size / whole, load_ms, memory, latencies[name]))
    return Bench(machine(), onnxruntime.__version__, runs, forms)


def _shifted(on_run: Callable[[int], None], before: int, done: int) -> None:
    on_run(before + done)


def in_turns(
    files: dict[str, Path],
    strips: NDArray[np.uint8],
    threads: int,
    runs: int,
    on_run: Callable[[int], None] = lambda done: None,
) -> dict[str, NDArray[np.float64]]:
    """Milliseconds float64 [runs] of each file, one strip at a time, the files by turns."""
    sessions = {name: open_model(path, threads) for name, path in files.items()}
    times = {name: np.empty(runs) for name in files}
    for run in range(-WARMUP, runs):
        strip = strips[run % len(strips)][None]
        for name, session in sessions.items():
            start = time.perf_counter()
            session.run(None, {INPUT: strip})
            if run >= 0:
                times[name][run] = (time.perf_counter() - start) * 1e3
        on_run(max(0, run + 1))
    return times


def _in_own_process(path: Path, strip: NDArray[np.uint8]) -> tuple[float, float]:
    """Load time in ms and added peak memory in MiB, in a process that has run nothing else."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_load_and_run, args=(path, strip, sending))
    child.start()
    sending.close()
    load_ms, memory = receiving.recv()
    child.join()
    return float(load_ms), float(memory)


def _load_and_run(path: Path, strip: NDArray[np.uint8], sending: Any) -> None:
    before = _peak_memory()
    start = time.perf_counter()
    session = open_model(path)
    load_ms = (time.perf_counter() - start) * 1e3
    for _ in range(MEMORY_RUNS):
        session.run(None, {INPUT: strip})
    sending.send((load_ms, _peak_memory() - before))


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


def machine() -> str:
    """The processor, as the system names it, and what of int8 it has."""
    name, flags = platform.processor() or platform.machine(), ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        facts = dict(line.split(":", 1) for line in cpuinfo.read_text().splitlines() if ":" in line)
        stripped = {key.strip(): value.strip() for key, value in facts.items()}
        name = stripped.get("model name", name)
        has = stripped.get("flags", "").split()
        flags = "".join(f", {flag}" for flag in ("avx512_vnni", "amx_int8") if flag in has)
    return f"{name} ({platform.machine()}{flags})"
