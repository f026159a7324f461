"""Commands that read pictures: predict."""

import csv
import dataclasses
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from generator.errors import BadInput
from toolchain import console
from toolchain.commands.options import Json, ReadExports, ReadVariant
from toolchain.storage import replacing
from toolchain.table import Table

if TYPE_CHECKING:
    from toolchain.reading.recognizer import Reading

app = typer.Typer()


@app.command(epilog="Example: `nrtool predict drawing.png photos/ --json`, `nrtool predict - < x`")
def predict(
    images: Annotated[
        list[Path], Argument(help="Pictures or folders of pictures; - is standard input.")
    ],
    variant: ReadVariant = None,
    model: Annotated[Path | None, Option(help="An .onnx instead of the release's int8.")] = None,
    exports: ReadExports = None,
    one: Annotated[
        bool, Option("--one", help="Each picture holds one number, however wide its gaps.")
    ] = False,
    annotate: Annotated[
        Path | None, Option(help="Folder for a copy of each picture with boxes and readings.")
    ] = None,
    show: Annotated[
        bool, Option("--show", help="Open each picture with boxes and readings in a viewer.")
    ] = False,
    as_json: Json = False,
    as_csv: Annotated[bool, Option("--csv", help="Print CSV for spreadsheets.")] = False,
) -> None:
    """Read pictures: photographs, screenshots, drawings; one number, or several that stand apart.

    Where there is no exports folder, the small model that comes along reads. Boxes are left, top,
    right, bottom in pixels of the upright picture.
    """
    # NumPy is not there yet. Its threads, which reading never needs, take a tenth of a second.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from toolchain.reading import Recognizer
    from toolchain.reading.annotate import annotate as annotated
    from toolchain.reading.modelfile import chosen
    from toolchain.reading.pictures import (
        display,
        free_names,
        insist_on_display,
        named_pictures,
        open_named,
    )

    if as_json and as_csv:
        raise BadInput("--json and --csv are both given: choose one")
    if show:
        insist_on_display()
    recognizer = Recognizer.load(model or chosen(variant, exports))
    paths = named_pictures(images)
    if annotate:
        annotate.mkdir(parents=True, exist_ok=True)
    readings: list[tuple[Path, Reading]] = []
    troubles: list[str] = []
    copies = free_names(paths, annotate or Path())
    try:
        for path, copy in zip(_counted(paths), copies, strict=True):
            try:
                picture = open_named(path)
                found = [recognizer.read(picture)] if one else recognizer.read_all(picture)
            except BadInput as error:
                name = "" if repr(str(path)) in str(error) else f"{str(path)!r}: "
                troubles.append(f"{name}{error}")
                continue
            readings += [(path, reading) for reading in found]
            if annotate:
                with replacing(copy) as temporary:
                    annotated(picture, found).save(temporary, "PNG")
            if show:
                display(annotated(picture, found), path.name)
    finally:  # who stops it keeps what was read
        if readings or as_json or as_csv:
            _show(readings, as_json, as_csv)
    if len(troubles) > 1:
        for trouble in troubles:
            console.say(trouble)
        raise BadInput(f"{len(troubles)} of {len(paths)} pictures could not be read: see above")
    if troubles:
        raise BadInput(troubles[0])


def _counted(paths: list[Path]) -> Iterator[Path]:
    """The pictures, with a progress bar where they are several."""
    if len(paths) == 1:
        yield from paths
        return
    with console.progress("reading", len(paths)) as update:
        for done, path in enumerate(paths):
            update(done)
            yield path
        update(len(paths))


def _show(readings: list[tuple[Path, "Reading"]], as_json: bool, as_csv: bool) -> None:
    if as_json:
        console.show_json([{"image": path, **dataclasses.asdict(r)} for path, r in readings])
    elif as_csv:
        table = csv.writer(sys.stdout, lineterminator="\n")  # as the system ends its lines
        table.writerow(["image", "number", "confidence", "left", "top", "right", "bottom"])
        table.writerows([path, r.number, f"{r.confidence:.4f}", *r.box] for path, r in readings)
    else:
        rows = [[str(path), r.number or "nothing", f"{r.confidence:.3f}"] for path, r in readings]
        console.show_table(Table("", ["picture", "number", "confidence"], rows))
