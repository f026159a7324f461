"""Commands that ship a model: export, parity, bench, models."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from generator.strip import HEIGHT, WIDTH
from toolchain import console, tables
from toolchain.commands.options import (
    EXPORTS,
    RUNS,
    Count,
    Custom,
    CustomShare,
    Exports,
    Json,
    Mnist,
    Runs,
    Variant,
    digits_of,
)
from toolchain.tables import Table

app = typer.Typer()


@app.command(epilog="Example: `nrtool export --variant base --quantize --weights runs/base`")
def export(
    variant: Variant = "optimized",
    quantize: Annotated[bool, Option("--quantize", help="Make the int8 file as well.")] = False,
    weights: Annotated[
        Path | None, Option(help="Run or checkpoint. Default: the latest run, else the release.")
    ] = None,
    out: Exports = EXPORTS,
    runs: Runs = RUNS,
    mnist: Mnist = None,
    custom: Custom = None,
    custom_share: CustomShare = 0.5,
    as_json: Json = False,
) -> None:
    """Export float32 ONNX, simplified and checked, and int8 with --quantize."""
    from toolchain import release

    made = release.make(
        variant, out, runs, weights, digits_of(mnist, custom, custom_share) if quantize else None
    )
    if as_json:
        console.show_json(made)
    else:
        rows = [[name, tables.megabytes(size)] for name, size in made["files"].items()]
        console.show_table(Table(f"{variant} from {made['weights']}", ["file", "size"], rows))


@app.command(epilog="Example: `nrtool parity --variant base --count 100000`")
def parity(
    variant: Variant = "optimized",
    count: Count = 10_000,
    bound: Annotated[float, Option(help="Points of accuracy that int8 may lose.")] = 0.1,
    exports: Exports = EXPORTS,
    mnist: Mnist = None,
    custom: Custom = None,
    as_json: Json = False,
) -> None:
    """Read the same unseen numbers with PyTorch, ONNX and int8; exit 1 where they disagree.

    The numbers are written with MNIST test digits and, where --custom is given, with the digits
    of its validation writers.
    """
    from toolchain import release

    report = release.prove(variant, exports, digits_of(mnist, custom, 1.0), count, bound)
    if as_json:
        console.show_json(report)
    for section in report["sections"]:
        if not as_json:
            console.show_table(tables.accuracy(section))
            console.out.print("\n".join(tables.differences(section)))
        for failure in section["failures"]:
            console.say(f"[red]parity broken[/red] on {section['numbers']}: {failure}")
    if any(section["failures"] for section in report["sections"]):
        raise typer.Exit(console.FELL_SHORT)


@app.command(epilog="Example: `nrtool bench --variant lightweight --runs 1000 --json`")
def bench(
    variant: Variant = "optimized",
    runs: Annotated[int, Option(min=10, help="Timed runs of each form and thread count.")] = 300,
    exports: Exports = EXPORTS,
    mnist: Mnist = None,
    as_json: Json = False,
) -> None:
    """Measure size, load time, latency and memory of a release, in one run."""
    from toolchain import release

    report = release.measure(variant, exports, digits_of(mnist, None, 0.0), runs)
    if as_json:
        console.show_json(report)
    else:
        console.show_table(tables.speed(report))


@app.command(epilog="Example: `nrtool models --json`")
def models(runs: Runs = RUNS, exports: Exports = EXPORTS, as_json: Json = False) -> None:
    """List the variants, and what is trained and exported of each."""
    from toolchain import release

    listed = release.inventory(runs, exports)
    if as_json:
        console.show_json(listed)
        return
    rows = [
        [
            entry["variant"],
            f"{entry['parameters']:,}",
            ", ".join(entry["runs"]) or "-",
            *(tables.megabytes(size) for size in entry["sizes"].values()),
            f"{entry['accuracy']:.2f} %" if entry["accuracy"] else "-",
        ]
        for entry in listed
    ]
    head = ["variant", "parameters", "runs", "float32", "int8", "read exactly (int8)"]
    console.show_table(Table(f"numbers on {HEIGHT}x{WIDTH} strips", head, rows))
