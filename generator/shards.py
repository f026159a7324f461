"""Numbers on disk: arrays, PNGs or WebDataset tars, with a manifest of SHA-256s.

WebDataset is the format of https://github.com/webdataset/webdataset: plain tars, in which files of
one name before the first dot are one sample.
"""

import csv
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generator.errors import BadInput
from generator.files import read_bounded
from generator.folders import files_in
from generator.numbers import PAD, NumberGenerator
from generator.sheet import contact_sheet
from generator.storage import alone, beside, insist_on_movable

Format = Literal["npz", "png", "webdataset"]
SHARD = 1_000  # numbers made at once, and in one .npz or .tar
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 1 << 28  # bytes; of some three million pictures
PREVIEW = 60  # numbers on the contact sheet
LEAST = 128  # bytes that the smallest number takes on disk, whatever its form


def number_text(digits: NDArray[np.int64]) -> str:
    """`[4, 2, -1, -1, -1]` -> "42"."""
    return "".join(str(digit) for digit in digits if digit != PAD)


def write_numbers(
    numbers: NumberGenerator,
    count: int,
    folder: Path,
    form: Format = "npz",
    *,
    part: tuple[int, int] = (1, 1),
    preview: bool = False,
    on_numbers: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """Write samples 0 .. count - 1, or a part of them, to a new folder, all of them or nothing.

    `npz`: shards with `strips` uint8 [N, 1, 32, 128] and `digits` int64 [N, 5], padded with -1.
    `png`: one picture a number and `labels.csv`. `webdataset`: tars with `0000042.png` and
    `0000042.txt` of each number. All: `manifest.json`, also returned.

    Args:
        numbers: what makes them.
        count: of all parts together.
        folder: new, or empty.
        form: see above.
        part: (i, n), i from 1 to n: the i-th of n parts of nearly one size. Together they are
            what one call without parts writes, whoever writes them and in what order.
        preview: add a contact sheet of the first ones.
        on_numbers: called with how many are written.

    Raises:
        BadInput: the folder is there already and not empty, or a link or a mounted disk; no number
            at all, no such part, or more numbers than the disk holds.
        Busy: another process is writing it.
        OSError: it cannot be written.
    """
    if count < 1:
        raise BadInput(f"--count is {count}: ask for at least one number")
    which, parts = part
    if not 1 <= which <= parts <= count:
        raise BadInput(f"--shard {which}/{parts} of {count} numbers: choose from 1/N to N/N")
    begin, end = (count * (which - 1) // parts, count * which // parts)
    there = next(each for each in folder.absolute().parents if each.is_dir())
    free = shutil.disk_usage(there).free
    if LEAST * (end - begin) > free:
        raise BadInput(
            f"{end - begin:,} numbers do not fit into the {free / 1e9:,.1f} GB that are free at "
            f"{there}: lower --count, or name another --out"
        )
    insist_on_movable(folder)
    with alone(folder, "name another with --out"):
        # Only now, when what a killed process left beside it is cleared.
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(f"{folder} is there already: name another with --out, or delete it")
        return _write(numbers, (begin, end), folder, form, preview, on_numbers)


def _write(
    numbers: NumberGenerator,
    samples: tuple[int, int],
    folder: Path,
    form: Format,
    preview: bool,
    on_numbers: Callable[[int], None],
) -> dict[str, Any]:
    begin, end = samples
    with beside(folder) as temporary:
        for shard, first in enumerate(range(begin, end, SHARD)):
            batch = numbers(first, min(SHARD, end - first))
            strips, digits = batch.strips.cpu().numpy(), batch.digits.cpu().numpy()
            name = f"numbers-{shard:05d}"
            if form == "npz":
                np.savez_compressed(temporary / f"{name}.npz", strips=strips, digits=digits)
            elif form == "webdataset":
                _write_tar(temporary / f"{name}.tar", first, strips, digits)
            else:
                _write_pngs(temporary, first, strips, digits)
            if preview and first == begin:
                captions = [number_text(row) for row in digits[:PREVIEW]]
                contact_sheet(strips[:PREVIEW], captions).save(temporary / "preview.png")
            on_numbers(first + len(digits) - begin)
        manifest = {
            "first": begin,
            "count": end - begin,
            "seed": numbers.seed,
            "format": form,
            "sources": numbers.bank.description,
            "style": asdict(numbers.style),
            "sha256": {
                str(path.relative_to(temporary)): _sha256(path)
                for path in sorted(temporary.rglob("*"))
                if path.is_file()
            },
        }
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        temporary.chmod(0o755)
        temporary.replace(folder)
    return manifest


def _write_pngs(
    folder: Path, first: int, strips: NDArray[np.uint8], digits: NDArray[np.int64]
) -> None:
    pictures = folder / "strips"
    pictures.mkdir(exist_ok=True)
    with (folder / "labels.csv").open("a", newline="") as file:
        table = csv.writer(file)
        if file.tell() == 0:
            table.writerow(["file", "number"])
        for offset, (strip, row) in enumerate(zip(strips, digits, strict=True)):
            name = f"{first + offset:07d}.png"
            Image.fromarray(strip[0]).save(pictures / name)
            table.writerow([f"strips/{name}", number_text(row)])


def _write_tar(
    path: Path, first: int, strips: NDArray[np.uint8], digits: NDArray[np.int64]
) -> None:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for offset, (strip, row) in enumerate(zip(strips, digits, strict=True)):
            picture = io.BytesIO()
            Image.fromarray(strip[0]).save(picture, "PNG")
            for ending, content in (
                ("png", picture.getvalue()),
                ("txt", number_text(row).encode()),
            ):
                # No time, no owner: the same numbers are the same bytes.
                entry = tarfile.TarInfo(f"{first + offset:07d}.{ending}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))


def wrong_files(folder: Path) -> list[str]:
    """What is not as `write_numbers` left it: names of files that are missing, changed or new.

    Raises:
        BadInput: no manifest of ours.
    """
    try:
        named = json.loads(read_bounded(folder / MANIFEST, LARGEST_MANIFEST))["sha256"]
        said = {str(name): str(digest) for name, digest in named.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadInput(f"{folder / MANIFEST} is no manifest of numbers: generate again") from None
    there = {
        str(path.relative_to(folder)): path
        for path in files_in(folder, "**/*")
        if path != folder / MANIFEST
    }
    return sorted(
        name
        for name in said.keys() | there.keys()
        if name not in said or name not in there or said[name] != _sha256(there[name])
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_shard(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Strips and digits of one .npz shard.

    Raises:
        BadInput: the file is missing or no shard of ours.
    """
    try:
        with np.load(path, allow_pickle=False) as shard:
            return shard["strips"], shard["digits"]
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds on broken archives
        raise BadInput(f"{path} is no shard of numbers ({error}): generate it again") from None
