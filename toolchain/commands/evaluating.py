"""Commands that evaluate a model: evaluate."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from toolchain import console
from toolchain.commands.options import (
    EXPORTS,
    Custom,
    Exports,
    Json,
    Mnist,
    Save,
    Variant,
    digits_of,
)
from toolchain.report import tables

app = typer.Typer()


@app.command(epilog="Example: `nrtool evaluate --variant base --custom digits --errors errors.png`")
def evaluate(
    variant: Variant = "optimized",
    model: Annotated[
        Path | None, Option(help="An .onnx instead of the release's int8, e.g. its float32.")
    ] = None,
    count: Annotated[int, Option(min=100, help="Numbers of each source.")] = 20_000,
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
