"""Commands that let others prove and look into a release: golden."""

from typing import Annotated

import typer
from typer import Option

from toolchain import console
from toolchain.commands.options import EXPORTS, Exports, Json, Variant

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
    from toolchain import release

    path = exports / variant / "golden.json"
    failures = release.pinned(variant, exports) if check else []
    if not check:
        path = release.pin(variant, exports)
    if as_json:
        console.show_json({"file": path, "failures": failures})
    elif not failures:
        console.out.print(f"{path}: {'all of it holds' if check else 'written'}")
    for failure in failures:
        console.say(f"[red]golden vectors broken[/red]: {failure}")
    if failures:
        raise typer.Exit(console.FELL_SHORT)
