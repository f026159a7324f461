"""What is installed, found and allowed here, and the command that mends what is not."""

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from generator import cache
from toolchain import extras, provenance
from toolchain.storage import EXPORTS, RUNS

LEAST_FREE = 5  # GB: PyTorch with what it needs takes about one, runs and data the rest
SEVEN = [[0.0, 0.0], [1.0, 0.0], [0.4, 1.6]]  # a pen's way, to try reading with


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        part: what it belongs to, e.g. "packages".
        name: what was looked at.
        state: "ok"; "missing", which reading does without; "broken", which it does not.
        told: what was found.
        mend: a command, or what else to do; "" where all is well.
    """

    part: str
    name: str
    state: Literal["ok", "missing", "broken"]
    told: str
    mend: str = ""


def examine() -> list[Finding]:
    """Look at everything; nothing is written, fetched or changed."""
    return [
        *_versions(),
        *_hardware(),
        _reading(),
        *_data(),
        *(_writing(name, folder) for name, folder in _folders().items()),
        *_space(),
        *_extras(),
    ]


def _versions() -> Iterator[Finding]:
    system = f"{platform.system()} {platform.machine()}"
    yield Finding("versions", "python", "ok", f"{platform.python_version()}, {system}")
    required = extras.extras()
    if not required:
        told = "runs without being installed"
        yield Finding("versions", extras.PACKAGE, "missing", told, "pip install --editable .")
        return
    yield Finding("versions", extras.PACKAGE, "ok", metadata.version(extras.PACKAGE))
    for requirement in required[""]:
        told = extras.version(requirement)
        if extras.fits(requirement):
            yield Finding("versions", requirement.name, "ok", told)
            continue
        told = f"{told}, but {requirement.specifier} is needed" if told else "not installed"
        mend = f"pip install '{requirement.name}{requirement.specifier}'"
        yield Finding("versions", requirement.name, "broken", told, mend)


def _hardware() -> Iterator[Finding]:
    yield Finding("hardware", "processor", "ok", f"{provenance.machine()}")
    yield Finding("hardware", "cores", "ok", f"{os.cpu_count()}")


def _reading() -> Finding:
    """Whether the model that comes along reads a drawn digit."""
    mend = "pip install --force-reinstall FILE, the wheel that it was installed from"
    name = "a drawn 7"
    try:
        import numpy as np

        from toolchain.reading import Recognizer, modelfile
        from toolchain.reading.pen import draw_ink

        path = modelfile.chosen(None, None)
        if path != modelfile.bundled():
            mend = f"nrtool export --variant {modelfile.USUAL}"
        number = Recognizer.load(path).read(draw_ink([np.array(SEVEN, np.float32)])).number
    except Exception as error:  # whatever a damaged installation raises
        told = " ".join(f"{type(error).__name__}: {error}".split())
        return Finding("reading", name, "broken", told, mend)
    told = f"read as {number!r} by {path}"
    if number != "7":
        return Finding("reading", name, "broken", told, mend)
    return Finding("reading", name, "ok", told)


def _data() -> Iterator[Finding]:
    try:
        from generator import mnist
    except ImportError:  # numpy is missing, and said to be so above
        return
    folder, is_there = mnist.lies_at_hand()
    if is_there:
        yield Finding("data", "MNIST", "ok", f"{folder}")
    else:
        mend = f"the first training fetches it; without a network, {mnist.MEND}"
        yield Finding("data", "MNIST", "missing", f"not in {folder}", mend)
    kept = cache.cache("")
    size = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file())
    yield Finding("data", "cache", "ok", f"{kept}, {size / 1e6:,.0f} MB")


def _folders() -> dict[str, Path]:
    return {"cache": cache.cache(""), "here": Path(), "runs": RUNS, "exports": EXPORTS}


def _writing(name: str, folder: Path) -> Finding:
    """Whether files can be made in the folder, or it where it is not yet there."""
    place = _there(folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        other = "set XDG_CACHE_HOME" if name == "cache" else "work in another folder"
        mend = f"chmod u+w '{place}', or {other}"
        return Finding("writing", name, "missing", f"{place}: {error.strerror}", mend)
    return Finding("writing", name, "ok", f"{folder.absolute()}")


def _there(folder: Path) -> Path:
    """The folder, or of those it lies in the first that is there."""
    whole = folder.absolute()
    return next(path for path in (whole, *whole.parents) if path.is_dir())


def _space() -> Iterator[Finding]:
    for name in ("here", "cache"):
        place = _there(_folders()[name])
        free = shutil.disk_usage(place).free / 1e9
        told = f"{free:,.1f} GB free in {place}"
        if free < LEAST_FREE:
            mend = f"free {LEAST_FREE} GB for training, or work in another folder"
            yield Finding("disk", name, "missing", told, mend)
        else:
            yield Finding("disk", name, "ok", told)


def _extras() -> Iterator[Finding]:
    for extra, required in sorted(extras.extras().items()):
        if not extra:
            continue
        lacking = sorted({each.name for each in required if not extras.fits(each)})
        if lacking:
            told = f"without {', '.join(lacking)}"
            yield Finding("extras", extra, "missing", told, extras.install(extra))
        else:
            yield Finding("extras", extra, "ok", f"{len(required)} packages")
