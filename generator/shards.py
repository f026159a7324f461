"""Numbers on disk: shards of strips and digits, or one PNG each, with a manifest of SHA-256s."""

import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generator.errors import BadInput
from generator.numbers import PAD, NumberGenerator
from generator.sheet import contact_sheet

Format = Literal["npz", "png"]
SHARD = 1_000  # numbers made at once, and in one .npz
PREVIEW = 60  # numbers on the contact sheet


def number_text(digits: NDArray[np.int64]) -> str:
    """`[4, 2, -1, -1, -1]` -> "42"."""
    return "".join(str(digit) for digit in digits if digit != PAD)


def write_numbers(
    numbers: NumberGenerator,
    count: int,
    folder: Path,
    form: Format = "npz",
    *,
    preview: bool = False,
    on_numbers: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """Write samples 0 .. count - 1 to a new folder, all of them or nothing.

    `npz`: shards with `strips` uint8 [N, 1, 32, 128] and `digits` int64 [N, 5], padded with -1.
    `png`: one picture a number and `labels.csv`. Both: `manifest.json`, also returned.

    Raises:
        BadInput: the folder is there already and not empty, or the count is not above 0.
        OSError: it cannot be written.
    """
    if count < 1:
        raise BadInput(f"--count is {count}: ask for at least one number")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is there already: name another with --out, or delete it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for first in range(0, count, SHARD):
            batch = numbers(first, min(SHARD, count - first))
            strips, digits = batch.strips.cpu().numpy(), batch.digits.cpu().numpy()
            if form == "npz":
                name = f"numbers-{first // SHARD:05d}.npz"
                np.savez_compressed(temporary / name, strips=strips, digits=digits)
            else:
                _write_pngs(temporary, first, strips, digits)
            if preview and first == 0:
                captions = [number_text(row) for row in digits[:PREVIEW]]
                contact_sheet(strips[:PREVIEW], captions).save(temporary / "preview.png")
            on_numbers(first + len(digits))
        manifest = {
            "count": count,
            "seed": numbers.seed,
            "format": form,
            "sources": numbers.bank.description,
            "style": asdict(numbers.style),
            "sha256": {
                str(path.relative_to(temporary)): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(temporary.rglob("*"))
                if path.is_file()
            },
        }
        (temporary / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
        temporary.chmod(0o755)
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return manifest


def _write_pngs(
    folder: Path, first: int, strips: NDArray[np.uint8], digits: NDArray[np.int64]
) -> None:
    pictures = folder / "strips"
    pictures.mkdir(exist_ok=True)
    with (folder / "labels.csv").open("a", newline="") as file:
        table = csv.writer(file)
        if first == 0:
            table.writerow(["file", "number"])
        for offset, (strip, row) in enumerate(zip(strips, digits, strict=True)):
            name = f"{first + offset:07d}.png"
            Image.fromarray(strip[0]).save(pictures / name)
            table.writerow([f"strips/{name}", number_text(row)])


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
