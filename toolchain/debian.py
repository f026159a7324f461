"""Debian's packages of any processor, unpacked into a folder without root.

They need a newer C library than most machines have, so their programs are started through the
loader that comes with them. apt checks every package against Debian's signed lists.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from generator.cache import made_once
from generator.errors import BadInput
from toolchain import programs, storage

SUITE = "forky"  # the release that is taken from
RELEASES = ("bookworm", "trixie", "forky", "sid", "stable", "testing", "unstable")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True)
class Processor:
    """Where Debian keeps a processor's libraries, what starts its programs, what emulates it."""

    architecture: str
    libraries: str
    loader: str
    emulator: str

    def start(self, root: Path, program: str, more: str = "") -> tuple[str, ...]:
        """How a program unpacked below `root` is started; `more` is a folder of libraries."""
        libraries = root / self.libraries
        path = f"{libraries}:{libraries / more}" if more else str(libraries)
        return (str(libraries / self.loader), "--library-path", path, str(root / program))


X86_64 = Processor("amd64", "usr/lib/x86_64-linux-gnu", "ld-linux-x86-64.so.2", "qemu-x86_64")
ARM64 = Processor("arm64", "usr/lib/aarch64-linux-gnu", "ld-linux-aarch64.so.1", "qemu-aarch64")


def emulator(folder: Path, processor: Processor, mend: str) -> str:
    """The program that runs a processor's programs here, one by one; unpacked below `folder`.

    Raises:
        BadInput: as `unpack`.
    """
    root = folder / f"{SUITE}-emulator"
    unpack(root, X86_64, ("qemu-user",), mend)
    return str(root / "usr/bin" / processor.emulator)


def unpack(
    root: Path,
    processor: Processor,
    packages: tuple[str, ...],
    mend: str,
    suite: str = SUITE,
) -> None:
    """Unpack packages and all they depend on below `root`, unless that was done before.

    Args:
        root: the folder to make.
        processor: whose packages.
        packages: their names.
        mend: what the user can do where there is no Debian.
        suite: the release; of this machine's own, programs start as they are.

    Raises:
        BadInput: this is no Debian, or a package cannot be fetched.
    """

    def fill(folder: Path) -> None:
        with storage.beside(root) as apt:
            _lay_out(_fetched(apt, processor, packages, mend, suite), folder)

    made_once(root, fill)


def _fetched(
    apt: Path, processor: Processor, packages: tuple[str, ...], mend: str, suite: str
) -> list[Path]:
    """The packages and all they depend on, as apt brings them into an empty folder of its own."""
    if shutil.which("apt-get") is None or not KEYRING.is_file():
        raise BadInput(f"there is no Debian here to take {packages[0]} from: {mend}")
    for name in ("state/lists/partial", "cache/archives/partial", "etc", "log"):
        (apt / name).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(
        f"deb [arch={processor.architecture} signed-by={KEYRING}] {_mirror(mend)} {suite} main\n"
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
    programs.run(["apt-get", *options, "-q", "update"], mend)
    install = ["install", "--download-only", "--no-install-recommends", "--yes", *packages]
    programs.run(["apt-get", *options, "-q", *install], mend)
    return sorted((apt / "cache/archives").glob("*.deb"))


def _lay_out(packages: list[Path], root: Path) -> None:
    """Unpack packages into an empty folder."""
    # Folders that are links in today's Debian: packages still hold files below either name.
    for name in ("bin", "lib", "sbin", "lib64"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for package in packages:
        with subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE
        ) as unpacking:
            subprocess.run(
                ["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", str(root)],
                stdin=unpacking.stdout,
                check=True,
            )


def _mirror(mend: str) -> str:
    """The Debian mirror that this machine uses; asked so that lists need not be fetched yet."""
    listed = programs.run(
        ["apt-get", "indextargets", "--no-release-info", "--format", "$(RELEASE) $(REPO_URI)"],
        mend,
    )
    for line in listed.splitlines():
        release, _, address = line.partition(" ")
        if release in RELEASES:
            return address
    raise BadInput(f"apt knows no Debian mirror: {mend}")
