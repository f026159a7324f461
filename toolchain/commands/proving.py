"""Commands that let others prove and look into a release: golden, inspect, report."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from toolchain import console
from toolchain.commands.options import EXPORTS, Exports, Json, Variant
from toolchain.report import tables
from toolchain.table import Table

app = typer.Typer()


@app.command(epilog="Example: `nrtool golden --variant optimized --check`")
def golden(
    variant: Variant = "optimized",
    check: Annotated[
        bool, Option("--check", help="Write nothing: compare with the golden.json there is.")
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
        console.say(f"[red]golden vectors broken[/red]: {failure}")
    if failures:
        raise typer.Exit(console.FELL_SHORT)


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
