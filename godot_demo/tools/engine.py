"""Godot: the user's own, or Debian's packages unpacked into the cache, without root.

The packages need a newer C library than most machines have, so they are started through the
loader that came with them. apt checks every package against Debian's signed lists.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from generator.errors import BadInput
from godot_demo.tools import cache

SUITE = "forky"  # the Debian release that carries Godot 4.6
RELEASES = ("bookworm", "trixie", "forky", "sid", "stable", "testing", "unstable")
PACKAGES = (
    *("godot", "godot-template-release", "ca-certificates", "fonts-dejavu-core", "libfontconfig1"),
    # What it opens a window with, drawn by the CPU.
    *("libgl1-mesa-dri", "libglx-mesa0", "libegl-mesa0", "libxcursor1", "libxinerama1"),
    *("libxrandr2", "libxi6", "libxkbcommon0", "libxext6"),
)
EMULATOR = ("qemu-user",)  # runs programs of other processors, one by one


@dataclass(frozen=True)
class Processor:
    """Where Debian keeps a processor's libraries, and what starts a program of it."""

    architecture: str
    libraries: str
    loader: str


X86_64 = Processor("amd64", "usr/lib/x86_64-linux-gnu", "ld-linux-x86-64.so.2")
ARM64 = Processor("arm64", "usr/lib/aarch64-linux-gnu", "ld-linux-aarch64.so.1")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
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
    named = os.environ.get("GODOT") or next(
        filter(None, map(shutil.which, ("godot", "godot4"))), None
    )
    engine = Engine((named,)) if named else _unpacked()
    told = cache.run([*engine.command, "--headless", "--version"], MEND, timeout=60).strip()
    version = re.match(r"(\d+)\.(\d+)", told.splitlines()[-1] if told else "")
    if not version or tuple(map(int, version.groups())) < LEAST:
        raise BadInput(f"{engine.command[0]} is Godot {told or 'of no version'}: {MEND}")
    return engine


def emulated() -> Engine:
    """Debian's Godot for arm64, run by an emulator on this machine; it draws no window.

    Raises:
        BadInput: it could not be fetched.
    """
    root = cache.folder("godot") / f"{SUITE}-{ARM64.architecture}"
    emulator = cache.folder("godot") / f"{SUITE}-emulator"
    _fetch(root, ARM64, PACKAGES[:1])
    _fetch(emulator, X86_64, EMULATOR)
    return Engine((str(emulator / "usr/bin/qemu-aarch64"), *_started(root, ARM64)))


def _started(root: Path, processor: Processor) -> tuple[str, ...]:
    libraries = root / processor.libraries
    return (
        str(libraries / processor.loader),
        *("--library-path", f"{libraries}:{libraries}/pulseaudio"),
        str(root / "usr/bin/godot"),
    )


def _unpacked() -> Engine:
    root = cache.folder("godot") / SUITE
    _fetch(root, X86_64, PACKAGES)
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


def _fetch(root: Path, processor: Processor, packages: tuple[str, ...]) -> None:
    """Unpack packages and all they depend on below `root`, unless that was done before."""
    if root.is_dir():
        return
    if shutil.which("apt-get") is None or not KEYRING.is_file():
        raise BadInput(f"there is no Godot, and no Debian to take it from: {MEND}")
    apt = root.with_name("apt")
    shutil.rmtree(apt, ignore_errors=True)
    for name in ("state/lists/partial", "cache/archives/partial", "etc", "log"):
        (apt / name).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(
        f"deb [arch={processor.architecture} signed-by={KEYRING}] {_mirror()} {SUITE} main\n"
    )
    options = [
        *("-o", f"Dir::State={apt}/state", "-o", f"Dir::State::status={apt}/status"),
        *(
            "-o",
            f"Dir::Cache={apt}/cache",
            "-o",
            f"Dir::Etc={apt}/etc",
            "-o",
            f"Dir::Log={apt}/log",
        ),
        *("-o", f"Dir::Etc::sourcelist={apt}/sources.list", "-o", "Dir::Etc::sourceparts=-"),
        *("-o", f"APT::Architecture={processor.architecture}"),
        *("-o", f"APT::Architectures={processor.architecture}"),
        *("-o", "Acquire::Check-Valid-Until=false", "-o", "APT::Sandbox::User="),
    ]
    cache.run(["apt-get", *options, "-q", "update"], MEND)
    install = ["install", "--download-only", "--no-install-recommends", "--yes", *packages]
    cache.run(["apt-get", *options, "-q", *install], MEND)
    partial = root.with_name(f"{root.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    # Folders that are links in today's Debian: packages still hold files below either name.
    for name in ("bin", "lib", "sbin", "lib64"):
        (partial / "usr" / name).mkdir(parents=True, exist_ok=True)
        (partial / name).symlink_to(f"usr/{name}")
    for package in sorted((apt / "cache/archives").glob("*.deb")):
        with subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE
        ) as unpacking:
            subprocess.run(
                ["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", str(partial)],
                stdin=unpacking.stdout,
                check=True,
            )
    shutil.rmtree(apt)
    partial.replace(root)


def _mirror() -> str:
    """The Debian mirror that this machine uses; asked so that lists need not be fetched yet."""
    listed = cache.run(
        ["apt-get", "indextargets", "--no-release-info", "--format", "$(RELEASE) $(REPO_URI)"],
        MEND,
        timeout=60,
    )
    for line in listed.splitlines():
        release, _, address = line.partition(" ")
        if release in RELEASES:
            return address
    raise BadInput(f"apt knows no Debian mirror: {MEND}")
