"""Commands that ship a model: export."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Option
from typer.core import TyperCommand

from toolchain import console
from toolchain.commands.options import (
    MOST,
    Bound,
    Custom,
    CustomShare,
    Exports,
    Format,
    Json,
    Mnist,
    Runs,
    Variant,
    digits_of,
)
from toolchain.report import tables
from toolchain.storage import EXPORTS, RUNS
from toolchain.table import Table

app = typer.Typer()


class _Export(TyperCommand):
    """Lets --quantize stand without a value, as most people type it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Fill in what a bare --quantize means."""
        filled = []
        for place, word in enumerate(args):
            filled.append(word)
            if word == "--quantize" and (args[place + 1 : place + 2] or ["-"])[0].startswith("-"):
                filled.append("auto")
        return super().parse_args(ctx, filled)


@app.command(cls=_Export, epilog="Example: `nrtool export --variant base --weights runs/base`")
def export(
    variant: Variant = "optimized",
    quantize: Annotated[
        str,
        Option(help="Int8 recipes to choose from, with commas; auto: all; none: float32 only."),
    ] = "auto",
    weights: Annotated[
        Path | None, Option(help="Run or checkpoint. Default: the latest run, else the release.")
    ] = None,
    count: Annotated[
        int,
        Option(
            min=1,
            max=MOST,
            help="Numbers that every form must read alike; the confidence is calibrated on as "
            "many, and on 10,000 at most.",
        ),
    ] = 10_000,
    bound: Bound = 0.05,
    float16: Annotated[bool, Option("--float16", help="Make the float16 file as well.")] = False,
    format: Annotated[
        Format, Option(help="torchscript makes that as well, beside ONNX.")
    ] = Format.onnx,
    emulation: Annotated[
        bool, Option(help="Try int8 on emulated processors too; Debian's packages are fetched.")
    ] = True,
    failures: Annotated[
        Path, Option(help="Where pictures of the worst examples go if a gate fails.")
    ] = Path("failed"),
    dry_run: Annotated[bool, Option("--dry-run", help="Say what would be done, no more.")] = False,
    out: Exports = EXPORTS,
    runs: Runs = RUNS,
    mnist: Mnist = None,
    custom: Custom = None,
    custom_share: CustomShare = 0.5,
    as_json: Json = False,
) -> None:
    """Export float32 ONNX, search an int8 recipe, pass every gate; else nothing ships, exit 1."""
    from toolchain.shipping import release

    script = format is Format.torchscript
    order = release.Order(quantize, count, bound, float16, script, emulation, failures)
    if dry_run:
        planned = release.plan(variant, out, runs, weights, order)
        if as_json:
            console.show_json(planned)
        else:
            console.show_table(tables.plan(planned))
        return
    made = release.make(variant, out, runs, weights, digits_of(mnist, custom, custom_share), order)
    if as_json:
        console.show_json(made)
        return
    if made["search"]:
        console.show_table(tables.recipes(made["search"]))
    console.show_table(tables.gates(made["gates"]))
    rows = [[name, tables.megabytes(size)] for name, size in made["files"].items()]
    console.show_table(Table(f"{variant} from {made['weights']}", ["file", "size"], rows))
