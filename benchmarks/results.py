"""Write the README's results from the reports in exports/: `python benchmarks/results.py`.

With `--check` nothing is written; exit code 1 says that the README is not what the reports say.
"""

import json
import sys
from pathlib import Path

import block

ROOT = Path(__file__).parent.parent
# The work that this descends from, as it reported itself: its own synthetic test, int8 file.
EARLIER = {"base": (97.49, 8.4), "optimized": (98.15, 2.5), "lightweight": (92.67, 2.1)}


def table() -> str:
    """The results of every variant that has both reports, as Markdown."""
    lines = [
        "| variant | int8 reads exactly | int8 file | of float32 | int8 latency | against float32 "
        "| earlier work, on its own test |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    notes = []
    for variant, (accuracy, megabytes) in EARLIER.items():
        folder = ROOT / "exports" / variant
        if not (folder / "parity.json").exists() or not (folder / "bench.json").exists():
            continue
        parity = json.loads((folder / "parity.json").read_text("utf-8"))
        bench = json.loads((folder / "bench.json").read_text("utf-8"))
        section = parity["sections"][0]
        reader, form = section["readers"][-1], bench["forms"][-1]
        latency = form["latency"][0]
        low, high = reader["interval"]
        lines.append(
            f"| {variant} | {reader['accuracy']:.2f} % ({low:.2f} to {high:.2f}) "
            f"| {form['size'] / 1e6:.2f} MB | {form['size_share']:.1%} | {latency['p50']:.2f} ms "
            f"| {latency['speedup']:.2f}x faster | {accuracy} %, {megabytes} MB |"
        )
        notes.append(
            f"{variant}: {section['count']:,} {section['numbers']}, seed {section['seed']}; "
            f"{bench['machine']}, ONNX Runtime {bench['onnxruntime']}, one thread, batch 1."
        )
    return "\n".join([*lines, "", *sorted(notes)])


def main() -> int:
    """Rewrite the README's block, or check it."""
    return block.write("results", table(), "--check" in sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
