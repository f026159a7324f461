"""Godot: the user's own, or Debian's, unpacked into the cache without root."""

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from generator.cache import cache
from generator.errors import BadInput
from toolchain import debian, programs
from toolchain.debian import ARM64, SUITE, X86_64

PACKAGES = (
    *("godot", "godot-template-release", "ca-certificates", "fonts-dejavu-core", "libfontconfig1"),
    # What it opens a window with, drawn by the CPU.
    *("libgl1-mesa-dri", "libglx-mesa0", "libegl-mesa0", "libxcursor1", "libxinerama1"),
    *("libxrandr2", "libxi6", "libxkbcommon0", "libxext6"),
)
LEAST = (4, 4)  # the first with the extension functions that ours is written against
MEND = "install Godot 4.4 or later and put it on PATH, or name it by GODOT=/path/to/godot"


@dataclass(frozen=True)
class Engine:
    """A Godot that can be started.

    Attributes:
        command: what comes before its arguments.
        root: the unpacked packages; None for the user's own.
        environment: variables that a window needs on top.
    """

    command: tuple[str, ...]
    root: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def libraries(self) -> Path | None:
        """Where the unpacked libraries are."""
        return self.root / X86_64.libraries if self.root else None


def find() -> Engine:
    """The Godot named by GODOT, else that on PATH, else Debian's, fetched once.

    Raises:
        BadInput: there is none, it is too old, or it could not be fetched.
    """
    asked = os.environ.get("GODOT")
    named = next(filter(None, map(shutil.which, (asked,) if asked else ("godot", "godot4"))), None)
    if asked and not named:
        raise BadInput(f"GODOT={asked} is no program: {MEND}")
    # Some of what it runs works in other folders.
    engine = Engine((str(Path(named).absolute()),)) if named else _unpacked()
    told = programs.run([*engine.command, "--headless", "--version"], MEND).strip()
    version = re.match(r"(\d+)\.(\d+)", told.splitlines()[-1] if told else "")
    if not version or tuple(map(int, version.groups())) < LEAST:
        raise BadInput(f"{engine.command[0]} is Godot {told or 'of no version'}: {MEND}")
    return engine


def emulated() -> Engine:
    """Debian's Godot for arm64, run by an emulator on this machine; it draws no window.

    Raises:
        BadInput: it could not be fetched.
    """
    folder = cache("godot")
    root = folder / f"{SUITE}-{ARM64.architecture}"
    debian.unpack(root, ARM64, PACKAGES[:1], MEND)
    emulator = debian.emulator(cache("debian"), ARM64, MEND)
    return Engine((emulator, *_started(root, ARM64)))


def _started(root: Path, processor: debian.Processor) -> tuple[str, ...]:
    return processor.start(root, "usr/bin/godot", "pulseaudio")


def _unpacked() -> Engine:
    root = cache("godot") / SUITE
    debian.unpack(root, X86_64, PACKAGES, MEND)
    libraries = root / X86_64.libraries
    return Engine(
        _started(root, X86_64),
        root,
        {
            "LIBGL_DRIVERS_PATH": str(libraries / "dri"),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "GALLIUM_DRIVER": "llvmpipe",
        },
    )
