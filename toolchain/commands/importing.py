"""Commands that make digits to train on: import, fonts."""

import filecmp
import os
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from generator.errors import BadInput
from toolchain import console, storage
from toolchain.commands.options import Json

app = typer.Typer()

StrokesOut = Annotated[Path, Option(help="File to write, *.jsonl or *.jsonl.gz.")]


@app.command(
    "import", epilog="Example: `nrtool import pendigits-orig.tra --out digits/pendigits.jsonl.gz`"
)
def import_(
    sources: Annotated[
        list[Path],
        Argument(
            help="UNIPEN files or folders, pendigits-orig files, fonts (*.ttf, *.otf, *.woff), "
            "*.jsonl strokes."
        ),
    ],
    out: StrokesOut = Path("data/digits.jsonl.gz"),
    as_json: Json = False,
) -> None:
    """Turn public pen recordings, or fonts, into stroke digits that --custom takes."""
    _check_out(out)
    _write_strokes(sources, out, as_json)


@app.command(epilog="Example: `nrtool fonts && nrtool train --fonts data/fonts.jsonl.gz`")
def fonts(out: StrokesOut = Path("data/fonts.jsonl.gz"), as_json: Json = False) -> None:
    """Trace the digits of some 400 handwriting fonts, fetched through npm, for --fonts.

    Each font is one more writer to learn from.
    """
    from generator import fontsource

    _check_out(out)
    chosen = fontsource.table()
    with console.progress("fetching fonts", len(chosen)) as update:
        files = fontsource.fetch(chosen, update)
    _write_strokes(files, out, as_json)


def _check_out(out: Path) -> None:
    if not out.name.endswith((".jsonl", ".jsonl.gz")):
        raise BadInput(f"--out {out} must end in .jsonl or .jsonl.gz")


def _write_strokes(sources: list[Path], out: Path, as_json: bool) -> None:
    from generator.importing import files_of, import_digits
    from generator.strokes import write_strokes

    files = files_of(sources)
    if out.exists() and any(out.samefile(file) for file in files):
        raise BadInput(f"--out {out} is one of the files to read: name another")
    with console.progress("reading", len(files)) as update:
        digits = import_digits(files, update)
    with storage.alone(out, "name another --out"), storage.beside(out) as temporary:
        # What is there may be what somebody drew; the same once more, as after a kill, is no loss.
        made = temporary / out.name
        write_strokes(digits, made)
        if os.path.lexists(out) and not (out.is_file() and filecmp.cmp(made, out, shallow=False)):
            raise BadInput(f"{out} is there already: name another with --out, or delete it")
        made.replace(out)
    writers = len({digit.writer for digit in digits})
    if as_json:
        console.show_json({"out": out, "digits": len(digits), "writers": writers})
    else:
        console.out.print(f"{len(digits):,} digits of {writers} writers in {out}")
