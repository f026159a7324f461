"""The same file under other ONNX Runtimes: the one that phones have, the oldest and the newest.

Each version is installed once, by pip, into a folder of its own in the user's cache, and runs in a
process of its own, see `toolchain.shipping.read_strips`.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.cache import cache, made_once
from generator.errors import BadInput
from toolchain.shipping import read_strips

# What the packages for Android and iOS hold; opset and operators are judged by it.
MOBILE = "1.29.0"
# The oldest that is promised, by what Python it is tried under: older ones have no wheels for it.
_OLDEST = {11: "1.17.3", 12: "1.17.3", 13: "1.20.1"}
OLDEST = _OLDEST.get(sys.version_info.minor, "1.24.1")
_NUMPY_2 = (1, 19)  # the first ONNX Runtime that runs with numpy 2

Outputs = list[NDArray[np.generic]]


def run_version(model: Path, strips: NDArray[np.uint8], version: str) -> Outputs:
    """What a model says of strips uint8 [N, 1, 32, 128], each by itself, under that version.

    Raises:
        BadInput: that version cannot be installed here.
        RuntimeError: it does not load or run the model; the message is its own.
    """
    return run((sys.executable,), installed(version), model, strips, version)


def rounds_otherwise(version: str) -> bool:
    """Whether that ONNX Runtime rounds between int8 layers in another way than later ones.

    Before 1.19 it does: log_probs differ by up to 1.7 nats, and one number in a thousand is read
    otherwise, no more often wrong.
    """
    return tuple(map(int, version.split(".")[:2])) < (1, 19)


def run(
    python: Sequence[str],
    packages: Path,
    model: Path,
    strips: NDArray[np.uint8],
    version: str,
) -> Outputs:
    """What a model says of strips under another Python.

    Args:
        python: how it is started.
        packages: the folder that holds its onnxruntime.
        model: the .onnx.
        strips: uint8 [N, 1, 32, 128], each read by itself.
        version: of the ONNX Runtime that must have run.

    Raises:
        RuntimeError: it does not load or run the model; the message is its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "strips.npy", Path(folder) / "outputs.npz"
        np.save(given, strips)
        done = subprocess.run(
            [*python, read_strips.__file__, str(model), str(given), str(made)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(packages)},
            check=False,
        )
        if done.returncode:
            raise RuntimeError((done.stderr.strip() or "it gives no reason").splitlines()[-1])
        with np.load(made) as outputs:
            if str(outputs["version"]) != version:
                raise RuntimeError(f"ran under {outputs['version']}, not {version}")
            return [outputs[name] for name in ("log_probs", "digits", "confidence")]


def installed(version: str) -> Path:
    """The folder that holds that ONNX Runtime; installed on the first call.

    Raises:
        BadInput: pip cannot install it.
    """
    old = tuple(map(int, version.split(".")[:2])) < _NUMPY_2
    wanted = [f"onnxruntime=={version}", "numpy<2" if old else f"numpy=={np.__version__}"]
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return with_packages(f"onnxruntime-{version}-{python}", wanted)


def with_packages(name: str, wanted: Sequence[str], options: Sequence[str] = ()) -> Path:
    """The cache's folder of that name, with packages that pip puts there on the first call.

    Raises:
        BadInput: pip cannot install them.
    """

    def install(folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--target", str(folder), *options, *wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BadInput(
                f"{wanted[0]} cannot be installed, so nothing can be proved for phones: see that "
                f"`{Path(sys.executable).name} -m pip` works and there is a network "
                f"({(done.stderr.strip() or 'no reason given').splitlines()[-1]})"
            )

    return made_once(cache(name), install)
