"""All networks side by side: `python benchmarks/family.py` trains what is missing and measures.

Trains each variant that has neither a finished run nor a release (a run that was stopped goes on),
exports it through all gates, and reads the same unseen digits with each. Writes
benchmarks/family.json and the block of exports/README.md. `--table` measures nothing and writes the
block alone from the JSON; `--check` says by its exit code whether the block is what the JSON says.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import block

from generator.mnist import load_mnist
from generator.numbers import NumberGenerator
from generator.strip import fit_ink
from generator.style import Style
from models import zoo
from toolchain import storage
from toolchain.data import checkpoint, samples
from toolchain.data.sources import Digits
from toolchain.proof.slices import read_numbers
from toolchain.reading.modelfile import shipped
from toolchain.reading.runtime import INPUT, open_model
from toolchain.training.accuracy import evaluate, wilson

ROOT = Path(__file__).parent.parent
JSON = Path(__file__).parent / "family.json"
SEED = 8_000_009
COUNT = 10_000
CRNN = "optimized"
CRNN_ROWS = ("crnn_right", "crnn_usual_right", "crnn_sha256")


@dataclass(frozen=True)
class Plan:
    """How a variant is trained, and what the earlier work of its kind reached.

    Attributes:
        epochs: of 56,064 samples each.
        start: the variant whose convolutions it starts with.
        changes: options of `nrtool train` that differ from the recipe's.
        seeds: how many runs, of which the one with the best validation ships.
        earlier: what the earlier work read, %.
    """

    epochs: int
    start: str | None = None
    changes: tuple[str, ...] = ()
    seeds: int = 1
    earlier: float | None = None


# A number holds several digits: batches of fewer.
NUMBERS = ("--batch", "64", "--learning-rate", "2e-3")

PLANS = {
    "compact": Plan(8, seeds=5, earlier=99.4),
    "fcnn": Plan(16),
    "digit-cnn": Plan(5),
    "positions-1": Plan(20, earlier=98.97),
    "positions-2": Plan(8, "positions-1", NUMBERS, earlier=95.92),
    "positions-3": Plan(8, "positions-1", NUMBERS, earlier=95.39),
    "positions-4": Plan(8, "positions-1", NUMBERS, earlier=92.23),
    "positions-5": Plan(6, "positions-1", NUMBERS),
    # With one digit both decoders are the same network.
    "fixed-1": Plan(2, "positions-1", ("--learning-rate", "3e-4"), earlier=98.97),
    "fixed-2": Plan(6, "positions-1", NUMBERS, earlier=95.92),
    "fixed-3": Plan(6, "positions-1", NUMBERS, earlier=95.39),
    # Most of 10,000 classes are seen too seldom to be learned one by one.
    "fixed-4": Plan(1, "positions-4", ("--batch", "64", "--learning-rate", "5e-5"), earlier=92.23),
}


def main() -> int:
    """Train, export, measure, write; or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=ROOT / "runs")
    parser.add_argument("--exports", type=Path, default=ROOT / "exports")
    parser.add_argument("--only", choices=PLANS, nargs="+", help="leave the others as they are")
    parser.add_argument("--table", action="store_true", help="write the table alone")
    parser.add_argument("--check", action="store_true", help="write nothing: compare")
    given = parser.parse_args()
    if not (given.check or given.table):
        held = json.loads(JSON.read_text("utf-8")) if JSON.is_file() else {}
        for variant in given.only or PLANS:
            trained = train(variant, given.runs, given.exports)
            export(variant, trained, given.exports)
            held[variant] = measure(variant, trained, given.exports, held.get(variant, {}))
            for name, row in held.items():  # the CRNN read the same numbers for those, too
                if _reads(name) == _reads(variant):
                    row |= {key: held[variant][key] for key in CRNN_ROWS if key in held[variant]}
            ordered = {name: held[name] for name in PLANS if name in held}
            storage.write_json(JSON, ordered)
    return block.write(ROOT / "exports" / "README.md", "family", table(), given.check)


def _reads(variant: str) -> tuple[str, tuple[int, int]]:
    known = zoo.find(variant)
    return known.input, known.digits


def train(variant: str, runs: Path, exports: Path) -> list[Path]:
    """The finished runs of a variant; none where its release is all there is."""
    plan = PLANS[variant]
    names = [f"{variant}-{seed}" if plan.seeds > 1 else variant for seed in range(plan.seeds)]
    folders = [runs / name for name in names]
    if (exports / variant / f"{variant}.safetensors").is_file() and not any(
        folder.is_dir() for folder in folders
    ):
        return []
    for seed, folder in enumerate(folders):
        if _epochs(folder / "best.safetensors") >= plan.epochs:
            continue
        command = ["train", "--variant", variant, "--recipe", "small", "--seed", str(seed)]
        command += ["--epochs", str(plan.epochs), "--runs", str(runs), "--run", folder.name]
        command += plan.changes
        if (folder / "last.safetensors").is_file():
            command += ["--resume"]
        elif plan.start:
            command += ["--finetune", str(_weights(plan.start, runs, exports))]
        _nrtool(*command)
    return folders


def _epochs(best: Path) -> int:
    """Epochs that a run has finished, by its last checkpoint."""
    last = best.with_name("last.safetensors")
    return len(checkpoint.facts(last)["history"]) if best.is_file() and last.is_file() else 0


def _weights(variant: str, runs: Path, exports: Path) -> Path:
    trained = runs / variant / "best.safetensors"
    return trained if trained.is_file() else exports / variant / f"{variant}.safetensors"


def export(variant: str, trained: list[Path], exports: Path) -> None:
    """Release the run with the best validation; as float32 where int8 does not pass the gates."""
    if (exports / variant / "parity.json").is_file() or not trained:
        return
    best = max(trained, key=lambda run: checkpoint.facts(run / "best.safetensors")["best"])
    command = ["export", "--variant", variant, "--weights", str(best), "--out", str(exports)]
    if _nrtool(*command, check=False):
        _nrtool(*command, "--quantize", "none")


def _nrtool(*arguments: str, check: bool = True) -> int:
    print("$ nrtool", *arguments, flush=True)
    command = [sys.executable, "-m", "toolchain.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, check=check).returncode


def measure(
    variant: str, trained: list[Path], exports: Path, held: dict[str, Any]
) -> dict[str, Any]:
    """What a release reads, and what the CRNN reads of the same; the runs' own test accuracy."""
    report = exports / variant / "bench.json"
    if not (report.is_file() and json.loads(report.read_text("utf-8"))["quiet"]):
        _nrtool("bench", "--variant", variant, "--exports", str(exports), "--save")
    bench = json.loads(report.read_text("utf-8"))
    forms = {form["name"]: form for form in bench["forms"]}
    path = shipped(variant, exports)
    bank = Digits().bank("test")
    numbers = samples.to_judge(variant, bank, SEED)
    session, crnn = open_model(path), open_model(shipped(CRNN, exports))
    known = zoo.find(variant)
    found: dict[str, Any] = {
        "read": samples.described(variant, "MNIST test digits"),
        "count": numbers.different(COUNT),
        "right": _right(session, numbers),
        "parameters": checkpoint.facts(path.with_name(f"{variant}.safetensors"))["parameters"],
        "sizes": {name: form["size"] for name, form in forms.items()},
        "milliseconds": {name: form["latency"][0]["p50"] for name, form in forms.items()},
        "machine": bench["machine"],
        "quiet": bench["quiet"],
        "ships": "int8" if "int8" in forms else "float32",
        "plan": asdict(PLANS[variant]),
        "crnn_sha256": storage.sha256(shipped(CRNN, exports)),
    }
    if known.input == "square":
        found["crnn_right"] = _crnn_on_mnist(crnn)
    else:
        found["crnn_right"] = _right(crnn, numbers)
        usual = NumberGenerator(bank, SEED, Style(digits=known.digits, leading_zeros=True))
        found["usual_right"] = _right(session, usual)
        found["crnn_usual_right"] = _right(crnn, usual)
    # Each run by itself, before it is stored and quantised.
    found["runs"] = [_of_run(run, numbers) for run in trained] or held.get("runs", [])
    return found


def _right(session: Any, numbers: samples.Samples) -> int:
    readings = read_numbers(session, numbers, numbers.different(COUNT))
    return sum(w == r for w, r in zip(readings.written, readings.read, strict=True))


@cache
def _crnn_on_mnist(session: Any) -> int:
    """MNIST's 10,000 test digits read as numbers, each fitted to a strip."""
    images, labels = load_mnist("test")
    right = 0
    for image, label in zip(images, labels, strict=True):
        (digits,) = session.run(["digits"], {INPUT: fit_ink(image)[None, None]})
        right += bool(digits[0, 0] == label and (digits[0, 1:] < 0).all())
    return right


def _of_run(run: Path, numbers: samples.Samples) -> dict[str, Any]:
    model, facts = checkpoint.load_model(run / "best.safetensors")
    score = evaluate(model, numbers(0, numbers.different(COUNT)))
    return {"seed": facts["seed"], "validation": facts["best"], "test": score.accuracy}


def table() -> str:
    """The block of exports/README.md: what each reads beside the CRNN, and what it costs."""
    held = json.loads(JSON.read_text("utf-8"))
    lines = [
        "| variant | reads | earlier work | CRNN, the same | as people write | CRNN, the same "
        "| parameters | float32 | int8 | latency |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for variant, row in held.items():
        cells = [variant, _share(row, "right"), _earlier(row), _share(row, "crnn_right")]
        cells += [_share(row, "usual_right"), _share(row, "crnn_usual_right")]
        cells += [f"{row['parameters']:,}", _kilobytes(row, "float32"), _kilobytes(row, "int8")]
        cells.append(f"{row['milliseconds'][row['ships']]:.3f} ms, {row['ships']}")
        lines.append(f"| {' | '.join(cells)} |")
    counts = {row["count"] for row in held.values()}
    busy = [variant for variant, row in held.items() if not row["quiet"]]
    notes = [
        f"{', '.join(f'{count:,}' for count in sorted(counts))} samples a row, seed {SEED}, no "
        f"digit of them in training. Single-digit networks read MNIST's test pictures as they are, "
        f'the others MNIST test digits pasted side by side; "as people write" is our usual mix, '
        f"with as many digits. CRNN: {CRNN}, int8.",
        *(_seeds(variant, row) for variant, row in held.items() if len(row["runs"]) > 1),
        f"Latency: {_on(held)}, one thread, batch 1{_busy(busy)}.",
        *(f"{variant} does not ship, for its size." for variant in held if not _ships(variant)),
    ]
    return "\n".join([*lines, "", "\n".join(notes)])


def _ships(variant: str) -> bool:
    return shipped(variant, ROOT / "exports").is_file()


def _on(held: dict[str, Any]) -> str:
    """The machine of the latencies; where there were several, which was measured on which."""
    measured: dict[str, list[str]] = {}
    for variant, row in held.items():
        measured.setdefault(row["machine"], []).append(variant)
    if len(measured) == 1:
        return next(iter(measured))
    return "; ".join(f"{', '.join(names)} on {machine}" for machine, names in measured.items())


def _busy(variants: list[str]) -> str:
    return f"; the machine was busy while measuring {', '.join(variants)}" if variants else ""


def _share(row: dict[str, Any], key: str) -> str:
    if key not in row:
        return "-"
    if key != "right":
        return f"{100 * row[key] / row['count']:.2f} %"
    low, high = wilson(row[key], row["count"])
    return f"{100 * row[key] / row['count']:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def _earlier(row: dict[str, Any]) -> str:
    earlier = row["plan"]["earlier"]
    return "-" if earlier is None else f"{earlier} %"


def _kilobytes(row: dict[str, Any], form: str) -> str:
    return f"{row['sizes'][form] / 1e3:.0f} kB" if form in row["sizes"] else "-"


def _seeds(variant: str, row: dict[str, Any]) -> str:
    shares = [100 * run["test"] for run in row["runs"]]
    return (
        f"{variant}, {len(shares)} seeds: {mean(shares):.3f} % on average, standard deviation "
        f"{stdev(shares):.3f} ({', '.join(f'{share:.2f}' for share in shares)}); the best on "
        "validation digits ships."
    )


if __name__ == "__main__":
    raise SystemExit(main())
