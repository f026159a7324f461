"""How long readings take in Godot, with and without ONNX Runtime: `python benchmarks/gdscript.py`.

Starts Godot without a window, after `make godot` has prepared it, and writes gdscript.json and
gdscript.md. Besides the clock's time it tells the time that the main thread was at work: on a busy
machine the clock also counts what others do.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from generator.errors import BadInput
from godot_demo.tools import check, engine, export
from toolchain import console, programs, storage
from toolchain.provenance import machine, source_commit
from toolchain.table import Table

OUT = Path(__file__).with_suffix(".json")


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readings", type=int, default=200, help="of each model")
    given = parser.parse_args()
    try:
        report = measure(given.readings)
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    storage.write_json(OUT, report)
    with storage.replacing(OUT.with_suffix(".md")) as temporary:
        temporary.write_text(page(report), "utf-8")
    console.show_table(table(report))
    return 0


def measure(readings: int) -> dict[str, Any]:
    """What tests/benchmark.gd measures, and where.

    Raises:
        BadInput: Godot or the project is not prepared.
    """
    godot = engine.find()
    check.copy_models()
    play = ["--script", "tests/benchmark.gd", "--", str(readings)]
    text = export.run(godot, play, {"NRTOOL_EXPORTS": str(check.EXPORTS)})
    lines = [line for line in text.splitlines() if line.startswith("{")]
    wrong = [row for row in json.loads(lines[-1])["rows"] if row["problem"]] if lines else [text]
    if wrong:
        raise BadInput(f"the project is not ready: run `make godot` first ({str(wrong)[-500:]})")
    check.complain(text, "the benchmark")
    version = programs.run([*godot.command, "--headless", "--version"], engine.MEND).strip()
    return {
        **json.loads(lines[-1]),
        "readings": readings,
        "godot": version,
        "machine": machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "commit": source_commit(),
    }


def table(report: dict[str, Any]) -> Table:
    """A row for each file and what computes it."""
    title = (
        f"Median of {report['readings']} readings of a strip on one thread, "
        f"Godot {report['godot']}, {report['machine']}, {report['cores']} cores under a load of "
        f"{report['load']}, commit {report['commit']}"
    )
    rows = [
        [
            row["model"],
            row["runtime"],
            f"{row['bytes'] / 1000:.0f}",
            f"{row['load']['work_ms']:.1f}",
            f"{row['reading']['clock_ms']:.2f}",
            f"{row['reading']['work_ms']:.2f}",
        ]
        for row in report["rows"]
    ]
    head = ["file", "computed by", "kB", "load, ms", "reading, ms", "reading, ms of work"]
    return Table(title, head, rows, words=2)


def page(report: dict[str, Any]) -> str:
    """The report in Markdown."""
    shown, drawing, slices = table(report), report["drawing"], report["slices"]
    return (
        f"# Readings in Godot\n\n{shown.title}.\n\n{shown.markdown()}\n"
        "*Work* is what the main thread did, in the mean: the system counts it in steps of "
        "milliseconds, and what other programs do meanwhile is none of it. *Load* is work too.\n\n"
        f"Before each reading come {drawing['work_ms']:.1f} ms of work from strokes to strip. "
        f"Without threads all of it takes {slices['frames']:.1f} frames, each held up by "
        f"{slices['frame']['clock_ms']:.1f} ms by the clock (median), "
        f"{slices['frame']['clock_longest_ms']:.1f} ms at most.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
