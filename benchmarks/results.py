"""Write the results from the reports in exports/: `python benchmarks/results.py`.

In full into exports/README.md, in short into README.md. With `--check` nothing is written; exit
code 1 says that one of the two is not what the reports say.
"""

import argparse
import functools
import json
from pathlib import Path
from typing import Any

import block

from toolchain.data.sources import WRITERS_DIGITS

ROOT = Path(__file__).parent.parent
# The work that this descends from, as it reported itself: its own synthetic test, int8 file.
EARLIER = {"base": (97.49, 8.4), "optimized": (98.15, 2.5), "lightweight": (92.67, 2.1)}
VARIANTS = (*EARLIER, "nano")
RETOLD = Path(__file__).parent / "earlier.json"

WHOLE = (
    "A number of one to five digits is read if every digit of it is right. Neither kind was "
    "trained on; which weights ship is chosen by how validation numbers of every source are read, "
    "the second kind among them."
)
READING = (
    "Read exactly, by the int8 file. Validation writers' digits are never trained on, but which "
    "weights and which int8 recipe ship is chosen by how they are read. Numbers of one hand are "
    "alike: where every writer counts alike, the interval is over writers."
)


def short() -> str:
    """What a game needs to know of every variant that has its reports, as Markdown."""
    lines = [
        "| model | numbers read right: MNIST's test digits | pen strokes of people kept apart "
        "| file | time to read one |",
        "|---|---:|---:|---:|---:|",
    ]
    machines: dict[str, list[str]] = {}
    for variant in VARIANTS:
        if (reports := _reports(variant)) is None:
            continue
        parity, evaluation, bench = reports
        form, read = bench["forms"][-1], parity["sections"][0]["readers"][-1]["accuracy"]
        lines.append(
            f"| {variant} | {read:.2f} % | {_writers(evaluation)['all']['accuracy']:.2f} % "
            f"| {form['size'] / 1e6:.2f} MB | {_time(bench)} |"
        )
        machines.setdefault(bench["machine"], []).append(variant)
    on = "; ".join(f"{', '.join(names)} on {machine}" for machine, names in machines.items())
    return "\n".join([*lines, "", WHOLE, f"Time, of one thread: {on}."])


def full() -> str:
    """The results of every variant that has its reports, as Markdown."""
    lines = [
        "| variant | numbers from MNIST test digits | numbers from validation writers' digits "
        "| every writer alike | int8 file | of float32 | int8 latency | against float32 "
        "| the earlier work's test, re-told | earlier work, on its own test |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    retold = json.loads(RETOLD.read_text("utf-8"))
    notes: dict[str, list[str]] = {}
    for variant in VARIANTS:
        if (reports := _reports(variant)) is None:
            continue
        parity, evaluation, bench = reports
        section, writers = parity["sections"][0], _writers(evaluation)
        form = bench["forms"][-1]
        latency = form["latency"][0]
        again = retold["models"].get(variant)
        lines.append(
            f"| {variant} | {_share(section['readers'][-1])} | {writers['all']['accuracy']:.2f} % "
            f"| {_share(writers['writers'])} "
            f"| {form['size'] / 1e6:.2f} MB | {form['size_share']:.1%} | {_time(bench)} "
            f"| {latency['speedup']:.2f}x as fast | {_share(again['int8']) if again else '-'} "
            f"| {_earlier(variant)} |"
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


def _time(bench: dict[str, Any]) -> str:
    """Latency of the int8 file; with its instructions, where rows are of several machines."""
    found = f"{bench['forms'][-1]['latency'][0]['p50']:.2f} ms"
    machines = {reports[2]["machine"] for reports in map(_reports, VARIANTS) if reports}
    instructions = bench["machine"].partition(", ")[2].rstrip(")")
    return found if len(machines) == 1 else f"{found} ({instructions})"


@functools.cache
def _reports(variant: str) -> list[dict[str, Any]] | None:
    """Parity, evaluation and bench of a release; None where one of them is missing."""
    folder = ROOT / "exports" / variant
    paths = [folder / f"{name}.json" for name in ("parity", "evaluation", "bench")]
    if not all(path.exists() for path in paths):
        return None
    reports = [json.loads(path.read_text("utf-8")) for path in paths]
    if not any(of["numbers"].endswith(WRITERS_DIGITS) for of in reports[1]["sources"]):
        raise SystemExit(f"{paths[1]} has no {WRITERS_DIGITS}: run nrtool evaluate with --custom")
    return reports


def _writers(evaluation: dict[str, Any]) -> dict[str, Any]:
    (found,) = (of for of in evaluation["sources"] if of["numbers"].endswith(WRITERS_DIGITS))
    return found


def _earlier(variant: str) -> str:
    if variant not in EARLIER:
        return "-"
    accuracy, megabytes = EARLIER[variant]
    return f"{accuracy} %, {megabytes} MB"


def _share(tally: dict[str, Any]) -> str:
    low, high = tally["interval"]
    return f"{tally['accuracy']:.2f} % ({low:.2f} to {high:.2f})"


def main() -> int:
    """Rewrite both blocks, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing: compare")
    check = parser.parse_args().check
    blocks = {ROOT / "README.md": short(), ROOT / "exports" / "README.md": full()}
    return max([block.write(path, "results", each, check) for path, each in blocks.items()])


if __name__ == "__main__":
    raise SystemExit(main())
