"""Commands that read what is drawn: draw."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from toolchain import console
from toolchain.commands.options import ReadExports

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
