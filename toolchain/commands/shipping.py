"""Commands that ship a model: export, parity, bench, models."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option
from typer.core import TyperCommand

from toolchain import console
from toolchain.commands.options import (
    EXPORTS,
    RUNS,
    Count,
    Custom,
    CustomShare,
    Exports,
    Format,
    Json,
    Mnist,
    Runs,
    Save,
    Variant,
    digits_of,
)
from toolchain.report import tables
from toolchain.table import Table

app = typer.Typer()

Bound = Annotated[float, Option(help="Points of accuracy that int8 may lose.")]


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
    count: Annotated[int, Option(min=1, help="Numbers that every form must read alike.")] = 10_000,
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
            console.say(f"[red]parity broken[/red] on {section['numbers']}: {failure}")
    if any(section["failures"] for section in report["sections"]):
        raise typer.Exit(console.FELL_SHORT)


@app.command(epilog="Example: `nrtool bench --variant lightweight --runs 1000 --json`")
def bench(
    variant: Variant = "optimized",
    runs: Annotated[int, Option(min=10, help="Timed runs of each form and thread count.")] = 300,
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


@app.command(epilog="Example: `nrtool models`, `nrtool models compact`")
def models(
    variant: Annotated[
        str | None, Argument(help="Show this one's layers instead.", show_default=False)
    ] = None,
    runs: Runs = RUNS,
    exports: Exports = EXPORTS,
    as_json: Json = False,
) -> None:
    """List the variants, and what is trained and exported of each; or the layers of one."""
    if variant is not None:
        _show_layers(variant, as_json)
        return
    from toolchain.shipping import release_reports

    listed = release_reports.inventory(runs, exports)
    if as_json:
        console.show_json(listed)
        return
    rows = [
        [
            entry["variant"],
            entry["about"],
            "-".join(map(str, sorted(set(entry["digits"])))),
            f"{entry['parameters']:,}",
            ", ".join(entry["runs"]) or "-",
            *(tables.megabytes(size) for size in entry["sizes"].values()),
            f"{entry['accuracy']:.2f} %" if entry["accuracy"] else "-",
        ]
        for entry in listed
    ]
    head = ["variant", "what", "digits", "parameters", "runs", "float32", "int8", "read exactly"]
    console.show_table(Table("", head, rows, words=2))


def _show_layers(variant: str, as_json: bool) -> None:
    from toolchain.report.summary import summarise

    layers = summarise(variant)
    if as_json:
        console.show_json({"variant": variant, "layers": layers})
        return
    rows = [
        [
            each["layer"],
            each["kind"],
            " x ".join(map(str, each["output"])),
            f"{each['parameters']:,}",
        ]
        for each in layers
    ]
    total = sum(each["parameters"] for each in layers)
    head = ["layer", "kind", "output", "parameters"]
    console.show_table(Table(f"{variant}: {total:,} parameters", head, rows, words=2))
