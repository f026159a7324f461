"""Commands that read what is drawn: draw."""

import shlex
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from generator.errors import BadInput
from toolchain import console
from toolchain.commands.options import ReadExports

app = typer.Typer()

PORT = 8765


@app.command(
    epilog="Example: `nrtool draw --collect my_digits --share`, `nrtool draw --static site`"
)
def draw(
    collect: Annotated[
        Path | None, Option(help="Folder to keep drawings in, for `nrtool train --custom`.")
    ] = None,
    share: Annotated[
        bool, Option("--share", help="Let in phones of this network, each by a one-time code.")
    ] = False,
    port: Annotated[int, Option(min=0, max=65535, help="0 takes a free one.")] = PORT,
    static: Annotated[
        Path | None,
        Option(help="Write the page into this folder instead, for any web host: no server reads."),
    ] = None,
    variant: Annotated[
        str | None,
        Option(
            help="What a --static page reads with: the release's int8.",
            show_default="nano in float32, else lightweight",
        ),
    ] = None,
    model: Annotated[
        Path | None, Option(help="An .onnx for --static instead of a release.")
    ] = None,
    exports: ReadExports = None,
) -> None:
    """Draw numbers in the browser: read as you draw, and kept as training data if you like.

    Reads with the exported models, so that what one sees is what ships. Without --share only this
    computer can connect. The connection is plain HTTP: share it in a network that you trust.

    With --static it writes a page that reads within the browser: it opens without a network once it
    was visited, and can be put on a phone's home screen. It keeps no drawings.
    """
    if static:
        if collect or share or port != PORT:
            raise BadInput(
                "--static writes a page without a server: leave out the server's options"
            )
        _write_static(static, variant, model, exports)
        return
    if variant or model:
        raise BadInput("the page offers every model: --variant and --model are for --static alone")
    from toolchain.sketchpad.serve import find_models, serve

    serve(find_models(exports), collect, port=port, share=share, say=console.say)


def _write_static(out: Path, variant: str | None, model: Path | None, exports: Path | None) -> None:
    from toolchain.sketchpad.static import model_of, write_page

    if variant and model:
        raise BadInput("--variant and --model are both given: choose one")
    chosen = model or model_of(variant, exports)
    size = write_page(out, chosen)
    console.say(
        f"{out}: {size / 1e6:.1f} MB, reads with {chosen.stem}. Put it on a web host with TLS, or "
        f"try it: python -m http.server --directory {shlex.quote(str(out))}"
    )
