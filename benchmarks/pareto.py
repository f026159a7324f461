"""Size, accuracy and time of small networks side by side: `python benchmarks/pareto.py`.

Sweeps the shape of nano: width, depth and frames. Each shape is counted, exported with random
weights, quantised and timed by turns with the releases; with `--numbers` each is first trained for
as many numbers, all alike, which says which shape learns faster, not what it reads in the end. The
releases read the same validation numbers. What the earlier work published of its int8 files was
measured on its own test, and has no time. Writes benchmarks/pareto.json, .md and two charts.
"""

import argparse
import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import shapes
from numpy.typing import NDArray
from results import EARLIER

from models import zoo
from toolchain import storage
from toolchain.data import samples
from toolchain.data.sources import Digits
from toolchain.proof.bench import in_turns
from toolchain.provenance import machine, source_commit
from toolchain.reading.modelfile import shipped
from toolchain.reading.runtime import INPUT, open_model
from toolchain.report import charts
from toolchain.shipping.export import export_onnx
from toolchain.shipping.quantize import CALIBRATION_NUMBERS, CALIBRATION_SEED, quantize
from toolchain.table import Table
from toolchain.training.loop import validation_numbers

ROOT = Path(__file__).parent.parent
OUT = Path(__file__).parent / "pareto"
RELEASES = ("base", "optimized", "lightweight", "nano")
AGAINST = "optimized"
PUBLISHED = {
    f"earlier {variant}": {"accuracy": accuracy, "megabytes": megabytes}
    for variant, (accuracy, megabytes) in EARLIER.items()
}
STYLE = (
    "<style>text{font:11px sans-serif;fill:#475569}.axis line{stroke:#e2e8f0}"
    ".label{font-size:12px}</style>"
)


@dataclass(frozen=True)
class Row:
    """One network.

    Attributes:
        parameters: of the network as it is trained; batch-norm's are folded away later.
        multiply_adds: of one strip, convolutions alone; None where there is recurrence.
        frames: T.
        float32, int8: bytes of the files; None where there is no such file.
        milliseconds: median of one strip on one thread, of the int8 file.
        faster: than the int8 file of `AGAINST`, in the same turns.
        accuracy: % of the validation numbers, by the int8 file; None where nothing was trained.
    """

    parameters: int
    multiply_adds: int | None
    frames: int
    float32: int | None
    int8: int
    milliseconds: float
    faster: float
    accuracy: float | None


def read(path: Path, strips: NDArray[np.uint8], expected: NDArray[np.int64]) -> float:
    """% of numbers that a file reads exactly, one at a time as a game does."""
    session, right = open_model(path), 0
    for strip, digits in zip(strips, expected, strict=True):
        (found,) = session.run(["digits"], {INPUT: strip[None]})
        right += found[0][found[0] >= 0].tolist() == digits[digits >= 0].tolist()
    return 100 * right / len(strips)


def measure(
    swept: dict[str, dict[str, Any]], digits: Digits, numbers: int, count: int, runs: int
) -> dict[str, Row]:
    """Every shape and every release that is there, the times of all by turns."""
    check = validation_numbers("nano", digits.bank("val"), None)
    strips, expected = check.strips[:count].numpy(), check.digits[:count].numpy()
    calibration = samples.to_learn("nano", digits.bank("train"), CALIBRATION_SEED)
    known: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as made:
        files = {}
        for place, (name, network) in enumerate(swept.items()):
            folder = Path(made) / str(place)
            stored = shapes.weights(network, folder, digits, numbers)
            float32, files[name] = folder / "nano.onnx", folder / "nano.int8.onnx"
            export_onnx(stored, float32)
            few = calibration(0, CALIBRATION_NUMBERS).strips.numpy()
            quantize(float32, files[name], few, "mixed-nearest")
            model = zoo.build("nano", network)
            known[name] = {
                "parameters": sum(each.numel() for each in model.parameters()),
                "multiply_adds": shapes.multiply_adds(model),
                "float32": float32.stat().st_size,
                "accuracy": read(files[name], strips, expected) if numbers else None,
            }
            print(f"{name}: {known[name]}", flush=True)
        for name in RELEASES:
            if (ROOT / "exports" / name / f"{name}.int8.onnx").is_file():
                files[name] = shipped(name, ROOT / "exports")
                known[name] = {
                    "parameters": _parameters(files[name]),
                    "multiply_adds": shapes.multiply_adds(zoo.build(name))
                    if name == "nano"
                    else None,
                    "float32": None,
                    "accuracy": read(files[name], strips, expected),
                }
        times = in_turns(files, strips, 1, runs)
        frames = {
            name: open_model(path).run(["log_probs"], {INPUT: strips[:1]})[0].shape[1]
            for name, path in files.items()
        }
        medians = {name: float(np.median(each)) for name, each in times.items()}
        return {
            name: Row(
                frames=frames[name],
                int8=files[name].stat().st_size,
                milliseconds=medians[name],
                faster=medians[AGAINST] / medians[name],
                **known[name],
            )
            for name in files
        }


def _parameters(path: Path) -> int:
    facts = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    return int(facts["parameters"])


def chart_of_time(rows: dict[str, Row]) -> str:
    """Accuracy across, time up; the dots of networks with more parameters are larger."""
    points = {name: (row.accuracy, row.milliseconds) for name, row in rows.items() if row.accuracy}
    sizes = {name: 2 + 8 * (rows[name].parameters / 1e7) ** 0.25 for name in points}
    return _chart(points, sizes, "ms to read one number, int8, one thread")


def chart_of_size(rows: dict[str, Row]) -> str:
    """Accuracy across, size up, with what was published of the earlier work's files."""
    points = {name: (row.accuracy, row.int8 / 1e6) for name, row in rows.items() if row.accuracy}
    points |= {
        name: (float(each["accuracy"]), float(each["megabytes"]))
        for name, each in PUBLISHED.items()
    }
    return _chart(points, dict.fromkeys(points, 4.0), "MB of the int8 file")


def _chart(points: dict[str, charts.Point], radii: dict[str, float], up: str) -> str:
    xs, ys = zip(*points.values(), strict=True)
    axes = charts.Axes(xs, ys, ("% of numbers read exactly", up), log=True)
    middle = (min(xs) + max(xs)) / 2
    for name, point in points.items():
        kind = 0 if name in RELEASES else 1 if name in PUBLISHED else 2
        axes.dot(
            point, charts.colour(kind), f"{name}: {point[0]:.2f} %, {point[1]:.3g}", radii[name]
        )
        if kind < 2:
            axes.word(point, name, end=point[0] > middle)
    drawn = axes.svg(["releases", "published", "shapes"])
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(
        ">", f">{STYLE}", 1
    )


def table(rows: dict[str, Row]) -> Table:
    """The rows for people."""
    cells = [
        [
            name,
            f"{row.parameters:,}",
            "-" if row.multiply_adds is None else f"{row.multiply_adds / 1e6:.2f} M",
            str(row.frames),
            f"{row.int8 / 1e6:.3f} MB",
            f"{row.milliseconds:.2f} ms",
            f"{row.faster:.1f}x",
            "-" if row.accuracy is None else f"{row.accuracy:.2f} %",
        ]
        for name, row in rows.items()
    ]
    cells += [
        [name, "-", "-", "-", f"{told['megabytes']} MB", "-", "-", f"{told['accuracy']} %"]
        for name, told in PUBLISHED.items()
    ]
    columns = ["network", "parameters", "multiply-adds", "frames", "int8", "to read one"]
    return Table("", [*columns, f"faster than {AGAINST}", "read exactly"], cells, words=1)


def text(report: dict[str, Any], rows: dict[str, Row]) -> str:
    """The page."""
    trained = (
        f"trained on {report['numbers']:,} numbers each, far from all that they can learn"
        if report["numbers"]
        else "untrained"
    )
    return (
        "# Small networks: size, accuracy, time\n\n"
        f"Shapes of nano, {trained}, beside the releases. All read {report['read']}; what the "
        "earlier work published of its int8 files was measured on its own test.\n\n"
        f"{table(rows).markdown()}\n"
        "![Accuracy and time](pareto-time.svg)\n\n![Accuracy and size](pareto-size.svg)\n\n"
        f"{report['machine']}, ONNX Runtime {report['onnxruntime']}, one thread, batch 1, "
        f"{report['runs']} readings by turns; commit {report['commit']}. Written by "
        "`python benchmarks/pareto.py`.\n"
    )


def main() -> None:
    """Sweep, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=int, nargs="+", default=[40, 56, 72])
    parser.add_argument("--depths", type=int, nargs="+", default=[2, 3, 4])
    parser.add_argument("--frames", type=int, nargs="+", default=[32], choices=(64, 32, 16))
    parser.add_argument("--numbers", type=int, default=0, help="to train each shape on")
    parser.add_argument("--count", type=int, default=2_000, help="validation numbers to read")
    parser.add_argument("--runs", type=int, default=300, help="readings of each for its time")
    parser.add_argument("--custom", type=Path, nargs="+", default=[], help="digits to train on too")
    parser.add_argument("--out", type=Path, default=OUT, help="path of what is written, no suffix")
    given = parser.parse_args()
    digits = Digits(custom=tuple(given.custom))
    swept = shapes.sweep(given.widths, given.depths, given.frames)
    rows = measure(swept, digits, given.numbers, given.count, given.runs)
    report = {
        "numbers": given.numbers,
        "read": f"{given.count:,} numbers from MNIST's validation digits"
        + " and validation writers'" * bool(given.custom),
        "runs": given.runs,
        "machine": machine(),
        "onnxruntime": onnxruntime.__version__,
        "commit": source_commit(),
        "published": PUBLISHED,
        "shapes": swept,
        "networks": {name: dataclasses.asdict(row) for name, row in rows.items()},
    }
    page = text(report, rows)
    print(page)
    storage.write_json(given.out.with_suffix(".json"), report)
    written = {".md": page, "-time.svg": chart_of_time(rows), "-size.svg": chart_of_size(rows)}
    for end, content in written.items():
        with storage.replacing(given.out.with_name(given.out.name + end)) as temporary:
            temporary.write_text(content, "utf-8")


if __name__ == "__main__":
    main()
