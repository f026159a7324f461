"""Commands that serve pages to the browser: draw, board."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from toolchain import console
from toolchain.commands.options import Json, ReadExports, Runs
from toolchain.storage import RUNS

app = typer.Typer()


@app.command(epilog="Example: `nrtool draw --collect my_digits --share`")
def draw(
    collect: Annotated[
        Path | None, Option(help="Folder to keep drawings in, for `nrtool train --custom`.")
    ] = None,
    share: Annotated[
        bool, Option("--share", help="Let in phones of this network, each by a one-time code.")
    ] = False,
    port: Annotated[int, Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
    exports: ReadExports = None,
) -> None:
    """Draw numbers in the browser: read as you draw, and kept as training data if you like.

    Reads with the exported models, so that what one sees is what ships. Without --share only this
    computer can connect. The connection is plain HTTP: share it in a network that you trust.
    """
    from toolchain.sketchpad.serve import find_models, serve

    serve(find_models(exports), collect, port=port, share=share, say=console.say)


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
