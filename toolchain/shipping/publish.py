"""Putting a release in its place: the folder as it was, or the folder as it shall be."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from toolchain.storage import sha256

# What was said of a release's files says nothing of others.
REPORTS = ("bench.json", "evaluation.json", "report.html", "report.json")


def publish(made: Path, folder: Path, finish: Callable[[Path], object]) -> None:
    """Replace a release by the files in `made`; what else the folder holds stays.

    Everything is laid out beside the folder first, and takes its place by renaming: who is
    interrupted has the earlier release, whole.

    Args:
        made: the new files; those of the same name, and the same kind under other names, go.
        folder: `exports/<variant>`; it need not be there.
        finish: called with the new folder before it takes its place, to write the card.

    Raises:
        OSError: no room or no rights; the folder is as it was.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
        fresh, before = Path(name) / folder.name, Path(name) / "before"
        if folder.is_dir():
            shutil.copytree(folder, fresh)
        fresh.mkdir(exist_ok=True)
        same = {path.name for path in made.iterdir() if _same(path, folder / path.name)}
        stale = [path for path in fresh.iterdir() if path.name.startswith(f"{folder.name}.")]
        if any(
            path.name.endswith((".safetensors", ".int8.onnx"))
            for path in made.iterdir()
            if path.name not in same
        ):
            stale += [fresh / name for name in REPORTS]
        for path in stale:
            path.unlink(missing_ok=True)
        for path in made.iterdir():
            shutil.copyfile(path, fresh / path.name)
        finish(fresh)
        try:
            if folder.is_dir():
                folder.rename(before)
            fresh.rename(folder)
        finally:
            if before.is_dir() and not folder.is_dir():
                before.rename(folder)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and sha256(one) == sha256(other)
