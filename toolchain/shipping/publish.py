"""Putting a release in its place: the folder as it was, or the folder as it shall be."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from toolchain import storage
from toolchain.storage import sha256

_BEFORE = ".before"  # ends the name of the earlier release while the new one takes its place
# What was said of a release's files says nothing of others.
REPORTS = ("bench.json", "evaluation.json", "golden.json", "report.html", "report.json")


def publish(made: Path, folder: Path, finish: Callable[[Path], object]) -> None:
    """Replace a release by the files in `made`; what else the folder holds stays.

    Everything is laid out beside the folder first, and takes its place by renaming: who is
    interrupted has the earlier release, whole; after `settle`, where it was killed.

    Args:
        made: the new files; those of the same name, and the same kind under other names, go.
        folder: `exports/<variant>`; it need not be there.
        finish: called with the new folder before it takes its place, to write the card.

    Raises:
        OSError: no room or no rights; the folder is as it was.
    """
    before = _before(folder)
    with storage.beside(folder) as temporary:
        fresh = temporary / folder.name
        if folder.is_dir():
            shutil.copytree(folder, fresh)
        fresh.mkdir(exist_ok=True)
        names = {path.name for path in made.iterdir()}
        same = {name for name in names if _same(made / name, folder / name)}
        stale = [path for path in fresh.iterdir() if path.name.startswith(f"{folder.name}.")]
        changed = ({path.name for path in stale} | names) - same
        if any(name.endswith((".safetensors", ".int8.onnx")) for name in changed):
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
            _settle(folder)


def settle(exports: Path) -> None:
    """Put back releases that an export laid aside and was then killed.

    Raises:
        OSError: the folder cannot be written to.
    """
    for before in exports.glob(_before(exports / "*").name):
        folder = exports / before.name.removeprefix(".").removesuffix(_BEFORE)
        # Where an export is at work, it will see to that itself.
        with contextlib.suppress(storage.Busy), storage.alone(folder, "wait"):
            _settle(folder)


def _settle(folder: Path) -> None:
    before = _before(folder)
    if not folder.is_dir() and before.is_dir():
        before.rename(folder)
    if before.is_symlink():  # to where the user keeps it: what it held is copied
        before.unlink()
    elif before.is_dir():
        shutil.rmtree(before)


def _before(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{_BEFORE}")


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and sha256(one) == sha256(other)
