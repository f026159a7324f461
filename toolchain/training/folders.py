"""The folder of a run: a new one or one to go on with, written by one process at a time."""

import contextlib
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from generator.errors import BadInput
from toolchain import storage
from toolchain.training import resuming


@contextlib.contextmanager
def new_folder(runs: Path, name: str, is_named: bool) -> Iterator[Path]:
    """The folder of a new run, to be written by this process alone.

    If its name is taken it gets a number, unless it was named. It need not be there yet.

    Raises:
        BadInput: the name is no plain one, or it was named and is taken.
        Busy: it was named, and another process is writing it.
    """
    _insist_on_plain(name)
    for number in itertools.count(1):
        folder = runs / (name if number == 1 else f"{name}-{number}")
        is_taken = (folder / "config.json").exists()
        if is_taken and is_named:
            raise BadInput(f"{folder} is there already: give another --run, or go on with --resume")
        with contextlib.ExitStack() as stack:
            try:
                if not is_taken:
                    stack.enter_context(storage.alone(folder, "give another --run"))
                    # Who held it until now may have finished it.
                    is_taken = (folder / "config.json").exists()
            except storage.Busy:
                if is_named:
                    raise
                is_taken = True
            if not is_taken:
                yield folder
                return


@contextlib.contextmanager
def resumed_folder(runs: Path, name: str, is_named: bool) -> Iterator[Path]:
    """The folder of a run to go on with: the latest of that name, or the one that was named.

    Raises:
        BadInput: the name is no plain one, there is no such run, it is an average, or its
            config.json is damaged.
        Busy: another process is writing it.
    """
    _insist_on_plain(name)
    numbered = re.compile(rf"{re.escape(name)}(-\d+)?")
    there = [
        path.parent
        for path in runs.glob("*/config.json")
        if numbered.fullmatch(path.parent.name)
        # What was averaged was not trained.
        if resuming.can_resume(path.parent) or not (path.parent / "best.safetensors").exists()
    ]
    folder = runs / name
    if not is_named:
        folder = max(there, key=_written, default=folder)
    if not folder.is_dir():
        raise BadInput(f"{folder} does not exist: leave out --resume to train it")
    config = folder / "config.json"
    told = storage.read_json(config) if config.is_file() else {}
    if not isinstance(told, dict):
        raise BadInput(f"{config} is damaged: delete it, and go on by --run {folder.name} --resume")
    if "averaged" in told:
        raise BadInput(
            f"{folder} was averaged, not trained: train on from it with --finetune "
            f"{folder / 'best.safetensors'}"
        )
    with storage.alone(folder, "stop it first"):
        yield folder


def _written(run: Path) -> float:
    """When a run was last written to."""
    files = [run / name for name in (resuming.LAST, resuming.PREVIOUS, "config.json")]
    return max(path.stat().st_mtime for path in files if path.exists())


def _insist_on_plain(name: str) -> None:
    if Path(name).name != name or name in ("", ".."):
        raise BadInput(f"--run {name!r} is no plain name: give one without slashes")


def best_of(path: Path) -> Path:
    """The checkpoint of a run's folder, or the file itself."""
    return path / "best.safetensors" if path.is_dir() else path
