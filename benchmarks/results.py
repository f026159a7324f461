"""Write the README's results from the reports in exports/: `python benchmarks/results.py`.

With `--check` nothing is written; exit code 1 says that the README is not what the reports say.
"""

import json
import sys
from pathlib import Path
from typing import Any

import block

from toolchain.data.sources import WRITERS_DIGITS

ROOT = Path(__file__).parent.parent
# The work that this descends from, as it reported itself: its own synthetic test, int8 file.
EARLIER = {"base": (97.49, 8.4), "optimized": (98.15, 2.5), "lightweight": (92.67, 2.1)}
RETOLD = Path(__file__).parent / "earlier.json"

READING = (
    "Read exactly, by the int8 file. Validation writers' digits are never trained on, but which "
    "weights and which int8 recipe ship is chosen by how they are read."
)


def table() -> str:
    """The results of every variant that has its reports, as Markdown."""
    lines = [
        "| variant | numbers from MNIST test digits | numbers from validation writers' digits "
        "| int8 file | of float32 | int8 latency | against float32 "
        "| the earlier work's test, re-told | earlier work, on its own test |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    retold = json.loads(RETOLD.read_text("utf-8"))
    notes: dict[str, list[str]] = {}
    for variant, (accuracy, megabytes) in EARLIER.items():
        paths = [
            ROOT / "exports" / variant / f"{name}.json"
            for name in ("parity", "evaluation", "bench")
        ]
        if not all(path.exists() for path in paths):
            continue
        parity, evaluation, bench = (json.loads(path.read_text("utf-8")) for path in paths)
        section, writers = parity["sections"][0], _writers(evaluation)
        form = bench["forms"][-1]
        latency = form["latency"][0]
        lines.append(
            f"| {variant} | {_share(section['readers'][-1])} | {_share(writers['all'])} "
            f"| {form['size'] / 1e6:.2f} MB | {form['size_share']:.1%} | {latency['p50']:.2f} ms "
            f"| {latency['speedup']:.2f}x faster | {_share(retold['models'][variant]['int8'])} "
            f"| {accuracy} %, {megabytes} MB |"
        )
        note = (
            f"{section['count']:,} {section['numbers']}, seed {section['seed']}; "
            f"{writers['all']['count']:,} {writers['numbers']}, seed {writers['seed']}; "
            f"{bench['machine']}, ONNX Runtime {bench['onnxruntime']}, one thread, batch 1."
        )
        notes.setdefault(note, []).append(variant)
    told = [f"{', '.join(variants)}: {note}" for note, variants in notes.items()]
    told.append(
        f"The earlier work's test, re-told: {retold['count']:,} numbers laid out as it describes, "
        f"of {retold['data']}, seed {retold['seed']}, by `python benchmarks/earlier.py`."
    )
    return "\n".join([*lines, "", READING, *told])


def _writers(evaluation: dict[str, Any]) -> dict[str, Any]:
    (found,) = (of for of in evaluation["sources"] if of["numbers"].endswith(WRITERS_DIGITS))
    return found


def _share(tally: dict[str, Any]) -> str:
    low, high = tally["interval"]
    return f"{tally['accuracy']:.2f} % ({low:.2f} to {high:.2f})"


def main() -> int:
    """Rewrite the README's block, or check it."""
    return block.write("results", table(), "--check" in sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
