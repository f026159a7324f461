"""Writing to disk: whole or not at all, by one process at a time, nothing left of those killed.

What is being written lies beside its place under a hidden name that ends in `.partial`, and takes
its place by renaming. Whoever has locked the place may clear what a killed process left there: a
lock vanishes with its process.
"""

import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from generator.errors import BadInput

PARTIAL = ".partial"


class Busy(BadInput):
    """Another process is writing there; the message says which."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`; it takes `path`'s place only if the block succeeds.

    Who may read and write a file that was there stays as it was.

    Raises:
        OSError: the folder cannot be written to, or the disk is full; `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files for the owner alone; what we ship is for everyone.
        temporary.chmod(path.stat().st_mode & 0o777 if path.is_file() else 0o644)
        _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """A temporary folder beside a folder, to be filled and renamed; what is left in it is deleted.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    name = tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=PARTIAL)
    try:
        yield Path(name)
    finally:
        shutil.rmtree(name, ignore_errors=True)


def insist_on_movable(folder: Path) -> None:
    """Refuse, before there is work to lose, a folder that no other can take the place of.

    Raises:
        BadInput: it is a link, or a disk is mounted there.
    """
    if folder.is_symlink() or os.path.ismount(folder):
        what = "a link" if folder.is_symlink() else "where a disk is mounted"
        raise BadInput(f"{folder} is {what} and cannot be replaced: name a folder in it")


@contextlib.contextmanager
def alone(path: Path, mend: str, wait: float = 0) -> Iterator[None]:
    """Nobody else writes a file or folder meanwhile; what a killed process left there is cleared.

    Args:
        path: the file or folder; it need not be there.
        mend: what to do instead of waiting, such as "name another --out".
        wait: seconds to wait for who is writing there.

    Raises:
        BadInput: it has no name, as "." and "/".
        Busy: another process is writing there.
        OSError: the folder around it cannot be written to.
    """
    from filelock import FileLock, Timeout  # only now: most commands lock nothing

    if not path.name:
        raise BadInput(f"{path} cannot be written as a whole: name something in it")
    made = [each for each in path.parents if not each.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    held = path.with_name(f".{path.name}.lock")
    lock = FileLock(held, timeout=wait)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(f"{path} is being written by {_holder(held)}: wait for it, or {mend}") from None
    try:
        with contextlib.suppress(OSError):  # Windows lets nobody else look at a locked file
            held.write_text(json.dumps({"pid": os.getpid(), "since": time.strftime("%H:%M:%S")}))
        for left in partials(path):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        yield
    finally:
        # While it is held: who was waiting for it sees that it is gone, and makes it anew.
        if sys.platform != "win32":
            held.unlink(missing_ok=True)
        lock.release()
        for folder in made:
            with contextlib.suppress(OSError):  # something is in it
                folder.rmdir()


def partials(path: Path) -> list[Path]:
    """What is half written of a file or folder, beside it and directly in it."""
    here = re.compile(rf"\.{re.escape(path.name)}\.\w{{8}}{re.escape(PARTIAL)}")
    inside = re.compile(rf"\..+\.\w{{8}}{re.escape(PARTIAL)}")
    found = [each for each in _listed(path.parent) if here.fullmatch(each.name)]
    return found + [each for each in _listed(path) if inside.fullmatch(each.name)]


def _listed(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _holder(lock: Path) -> str:
    try:
        told = json.loads(lock.read_text())
        return f"process {int(told['pid'])} since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _sync(path: Path) -> None:
    """On the disk, not on its way there: after a power cut a renamed file may be empty."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
