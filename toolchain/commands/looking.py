"""Commands that look at what is there: models, inspect, report, board, doctor."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from generator.errors import BadInput
from toolchain import console
from toolchain.commands.options import Exports, Json, Runs, Variant
from toolchain.report import tables
from toolchain.storage import EXPORTS, RUNS
from toolchain.table import Table

app = typer.Typer()


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


@app.command(epilog="Example: `nrtool inspect exports/optimized/optimized.int8.onnx`")
def inspect(
    file: Annotated[Path, Argument(help="An .onnx made by `nrtool export`.")],
    as_json: Json = False,
) -> None:
    """Print what a model file says of itself, its operators, and its size by layer."""
    from toolchain.reading import inspection

    found = inspection.inspect(file)
    if as_json:
        console.show_json(found)
        return
    signature = [[name, kind] for key in ("inputs", "outputs") for name, kind in found[key].items()]
    title = f"{found['file']}, {tables.megabytes(found['size'])}, SHA-256 {found['sha256']}"
    console.show_table(Table(title, ["value", "type"], signature, words=2))
    console.show_table(
        Table("metadata", ["key", "value"], list(map(list, found["metadata"].items())), words=2)
    )
    console.out.print(f"{found['int8_share']:.1%} of the multiply-adds in int8")
    rows = [[name, str(count)] for name, count in found["operators"].items()]
    console.show_table(Table(f"operators, opset {found['opset']}", ["operator", "count"], rows))
    layers = [
        [each["layer"], each["weights"], each["name"], f"{each['size']:,}"]
        for each in found["layers"]
    ]
    console.show_table(
        Table("bytes by layer", ["layer", "weights", "largest tensor", "bytes"], layers, 3)
    )


@app.command(epilog="Example: `nrtool report --variant optimized`, `nrtool report runs/optimized`")
def report(
    runs: Annotated[
        list[Path] | None, Argument(help="Training runs, whose curves to draw instead.")
    ] = None,
    variant: Variant = "optimized",
    exports: Exports = EXPORTS,
    out: Annotated[
        Path | None,
        Option(help="Folder for the curves. Default: the run's; of several, what they lie in."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write report.html, one page with every figure and picture of a release, and report.json.

    Of training runs instead, going on or ended: curves.png and curves.html with loss, accuracy,
    learning rate and time.
    """
    if out and not runs:
        raise BadInput("--out is for the curves of runs: name some, or leave it out")
    from toolchain.report import release_page

    if runs:
        from toolchain.report import curves

        files = curves.write(runs, out or (runs[0] if len(runs) == 1 else runs[0].parent))
        if as_json:
            console.show_json({**files, "runs": curves.as_json(runs)})
        else:
            console.out.print("\n".join(map(str, files.values())))
        return

    page, data = release_page.write(exports / variant)
    if as_json:
        console.show_json({"html": page, "json": data})
    else:
        console.out.print(f"{page}\n{data}")


@app.command(epilog="Example: `nrtool board --runs runs`")
def board(
    runs: Runs = RUNS,
    port: Annotated[int, Option(min=0, max=65535, help="0 takes a free one.")] = 6006,
    as_json: Json = False,
) -> None:
    """Start TensorBoard on the training runs, for this computer alone; Ctrl-C ends it."""
    from toolchain.report.board import serve

    def announce(address: str) -> None:
        if as_json:
            console.show_json({"address": address, "runs": runs})
            sys.stdout.flush()  # it is read while this goes on
        else:
            console.say(f"here:  {address}   (Ctrl-C stops)")

    serve(runs, port, announce)


@app.command(epilog="Example: `nrtool doctor`, `nrtool doctor --json`")
def doctor(as_json: Json = False) -> None:
    """Say what is installed, found and allowed here, and how to mend what is not.

    Exits with 1 if something is broken that reading needs.
    """
    from toolchain.doctor import examine

    findings = examine()
    is_broken = any(each.state == "broken" for each in findings)
    if as_json:
        console.show_json({"reads": not is_broken, "findings": [asdict(each) for each in findings]})
    else:
        rows = [[each.part, each.name, each.state, each.told] for each in findings]
        console.show_table(Table("", ["part", "what", "state", "found"], rows, words=4))
        if mends := [[each.name, each.mend] for each in findings if each.mend]:
            console.show_table(Table("\nto mend", ["what", "how"], mends, words=2))
    if is_broken:
        raise typer.Exit(console.FELL_SHORT)
