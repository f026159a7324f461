"""Where the time of a training step goes: a trace to look at, and a table."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile, record_function, schedule

from toolchain import console, storage
from toolchain.table import Table

WARM, STEPS = 8, 16  # steps before, and those that are looked at, if there are as many
OPERATORS = 12  # the dearest, in the table

# The parts of a step, as the loop names them; what is left over is the loop's own.
PARTS = ("numbers", "forward", "loss", "backward", "clip", "optimizer", "average")
part = record_function


@contextlib.contextmanager
def profiled(run: Path, device: torch.device) -> Iterator[Callable[[], None]]:
    """Profile some steps into `run/trace.json` and `run/profile.md`; yields what a step calls last.

    chrome://tracing and https://ui.perfetto.dev show the trace.
    """
    activities = [ProfilerActivity.CPU]
    if device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)

    written = False

    def write(found: profile) -> None:
        # Fewer than were asked for, where the run ended before.
        if not (seen := min(done - WARM, STEPS)) > 0:
            return
        nonlocal written
        written = True
        run.mkdir(parents=True, exist_ok=True)
        with storage.replacing(run / "trace.json") as temporary:
            found.export_chrome_trace(str(temporary))
        text = "\n".join(table.markdown() for table in tables(found, seen))
        with storage.replacing(run / "profile.md") as temporary:
            temporary.write_text(text, "utf-8")

    steps = schedule(wait=WARM - 2, warmup=2, active=STEPS, repeat=1)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        running.step()

    with profile(activities=activities, schedule=steps, on_trace_ready=write) as running:
        yield step
    if not written:
        console.say(f"no profile: it begins after {WARM} steps")


def tables(found: profile, steps: int) -> list[Table]:
    """The parts of a step, and the dearest operators: ms a step each, as the CPU saw them."""
    averages = found.key_averages()
    spent = {event.key: event.cpu_time_total / 1000 / steps for event in averages}
    whole = sum(spent.get(name, 0.0) for name in PARTS)
    parts = [
        [name, f"{spent[name]:.2f}", f"{spent[name] / whole:.0%}"]
        for name in PARTS
        if name in spent
    ]
    operators = sorted(
        (each for each in averages if each.key not in PARTS and "ProfilerStep" not in each.key),
        key=lambda each: -each.self_cpu_time_total,
    )
    dearest = [
        [
            each.key,
            f"{each.self_cpu_time_total / 1000 / steps:.2f}",
            f"{each.count / steps:.0f}",
        ]
        for each in operators[:OPERATORS]
    ]
    return [
        Table("", ["part of a step", "ms", "share"], parts, words=1),
        Table("", ["operator", "ms a step, itself", "calls a step"], dearest, words=1),
    ]
