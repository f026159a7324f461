"""Commands that prove a model: evaluate, parity, bench, golden."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from toolchain import console
from toolchain.commands.options import (
    MOST,
    Bound,
    Count,
    Custom,
    Exports,
    Json,
    Mnist,
    Save,
    Variant,
    digits_of,
)
from toolchain.report import tables
from toolchain.storage import EXPORTS

app = typer.Typer()


@app.command(epilog="Example: `nrtool evaluate --variant base --custom digits --errors errors.png`")
def evaluate(
    variant: Variant = "optimized",
    model: Annotated[
        Path | None, Option(help="An .onnx instead of the release's int8, e.g. its float32.")
    ] = None,
    count: Annotated[int, Option(min=100, max=MOST, help="Numbers of each source.")] = 20_000,
    errors: Annotated[
        Path | None, Option(help="PNG to write: misread numbers, source by source.")
    ] = None,
    exports: Exports = EXPORTS,
    mnist: Mnist = None,
    custom: Custom = None,
    held_out: Annotated[
        list[Path] | None,
        Option(help="Digits that nobody trains on: all their writers are read. Repeatable."),
    ] = None,
    ambiguous: Annotated[
        Path | None, Option(help="JSON of digits that nobody can tell: also read without them.")
    ] = None,
    save: Save = False,
    as_json: Json = False,
) -> None:
    """Read unseen numbers and say how well: by writer, length, size, pen, drawing; confidence."""
    from toolchain.proof.evaluation import evaluate as evaluated

    digits = digits_of(mnist, custom, 1.0)
    report = evaluated(
        variant, model, exports, digits, count, errors, save, held_out or (), ambiguous
    )
    if as_json:
        console.show_json(report)
        return
    for source in report["sources"]:
        for table in tables.evaluation(source):
            console.show_table(table)
    for table in (*tables.robustness(report), *tables.drawings(report)):
        console.show_table(table)


@app.command(epilog="Example: `nrtool parity --variant base --count 100000`")
def parity(
    variant: Variant = "optimized",
    count: Count = 10_000,
    bound: Bound = 0.05,
    exports: Exports = EXPORTS,
    mnist: Mnist = None,
    custom: Custom = None,
    save: Save = False,
    as_json: Json = False,
) -> None:
    """Read the same unseen numbers with PyTorch, ONNX and int8; exit 1 where they disagree.

    The numbers are written with MNIST test digits and, where --custom is given, with the digits
    of its validation writers.
    """
    from toolchain.shipping import release_reports

    report = release_reports.prove(
        variant, exports, digits_of(mnist, custom, 1.0), count, bound, save
    )
    if as_json:
        console.show_json(report)
    for section in report["sections"]:
        if not as_json:
            console.show_table(tables.accuracy(section))
            console.out.print("\n".join(tables.differences(section)))
        for failure in section["failures"]:
            console.say(f"parity broken on {section['numbers']}: {failure}", "red")
    if any(section["failures"] for section in report["sections"]):
        raise typer.Exit(console.FELL_SHORT)


@app.command(epilog="Example: `nrtool bench --variant lightweight --runs 1000 --json`")
def bench(
    variant: Variant = "optimized",
    runs: Annotated[
        int, Option(min=10, max=1_000_000, help="Timed runs of each form and thread count.")
    ] = 300,
    exports: Exports = EXPORTS,
    mnist: Mnist = None,
    save: Save = False,
    as_json: Json = False,
) -> None:
    """Measure size, load time, latency and memory of a release, in one run."""
    from toolchain.shipping import release_reports

    report = release_reports.measure(variant, exports, digits_of(mnist, None, 0.0), runs, save)
    if as_json:
        console.show_json(report)
    else:
        console.show_table(tables.speed(report))


@app.command(epilog="Example: `nrtool golden --variant optimized --check`")
def golden(
    variant: Variant = "optimized",
    check: Annotated[
        bool, Option("--check", help="Compare with the golden.json there is, and leave it.")
    ] = False,
    exports: Exports = EXPORTS,
    as_json: Json = False,
) -> None:
    """Write golden.json: drawings and all that a release computes from them, for every port."""
    from toolchain.shipping import release_reports

    path = exports / variant / "golden.json"
    failures = release_reports.pinned(variant, exports) if check else []
    if not check:
        path = release_reports.pin(variant, exports)
    if as_json:
        console.show_json({"file": path, "failures": failures})
    elif not failures:
        console.out.print(f"{path}: {'all of it holds' if check else 'written'}")
    for failure in failures:
        console.say(f"golden vectors broken: {failure}", "red")
    if failures:
        raise typer.Exit(console.FELL_SHORT)
