"""Commands that read pictures: predict."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from toolchain import console
from toolchain.commands.options import EXPORTS, Exports, Json, Variant
from toolchain.tables import Table

app = typer.Typer()


@app.command(epilog="Example: `nrtool predict drawing.png photo.jpg --json`")
def predict(
    images: Annotated[list[Path], Argument(help="Pictures of numbers: drawings or photographs.")],
    variant: Variant = "optimized",
    model: Annotated[Path | None, Option(help="An .onnx instead of the release's int8.")] = None,
    exports: Exports = EXPORTS,
    as_json: Json = False,
) -> None:
    """Read pictures of numbers: any size, dark on light or light on dark."""
    from toolchain.predict import Recognizer

    recognizer = Recognizer.load(model or exports / variant / f"{variant}.int8.onnx")
    readings = [(path, recognizer.read(path)) for path in images]
    if as_json:
        console.show_json([{"image": p, **dataclasses.asdict(r)} for p, r in readings])
    else:
        rows = [[str(path), r.number or "nothing", f"{r.confidence:.3f}"] for path, r in readings]
        console.show_table(Table("", ["picture", "number", "confidence"], rows))
