"""The same file under another ONNX Runtime: the one that phones have.

That version is installed once, by pip, into a folder of its own in the user's cache, and runs in a
process of its own: `python -m toolchain.shipping.other_runtime MODEL STRIPS OUTPUTS`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from generator.cache import cache
from generator.errors import BadInput

# What the packages for Android and iOS hold; opset and operators are judged by it.
MOBILE = "1.29.0"

Outputs = list[NDArray[np.generic]]


def run_mobile(model: Path, strips: NDArray[np.uint8], version: str = MOBILE) -> Outputs:
    """What a model says of strips uint8 [N, 1, 32, 128], each by itself, under that version.

    Raises:
        BadInput: that version cannot be installed here.
        RuntimeError: it does not load or run the model; the message is its own.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(installed(version)), str(Path(__file__).parents[2])]),
    }
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "strips.npy", Path(folder) / "outputs.npz"
        np.save(given, strips)
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "toolchain.shipping.other_runtime",
                str(model),
                str(given),
                str(made),
            ],
            capture_output=True,
            text=True,
            env=environment,
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
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache(f"onnxruntime-{version}-{python}")
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".onnxruntime.") as name:
        made = Path(name) / "made"
        # Without dependencies: numpy is the one of this environment.
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--target", str(made), f"onnxruntime=={version}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BadInput(
                f"ONNX Runtime {version} cannot be installed by pip, so nothing can be proved for "
                f"phones: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}"
            )
        made.rename(folder)
    return folder


def main() -> None:
    """Run the model of the first argument on the second's strips; write outputs to the third."""
    model, given, made = sys.argv[1:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    each = [session.run(None, {"image": strip[None]}) for strip in np.load(given)]
    log_probs, digits, confidence = (np.concatenate(parts) for parts in zip(*each, strict=True))
    np.savez(
        made,
        log_probs=log_probs,
        digits=digits,
        confidence=confidence,
        version=np.array(onnxruntime.__version__),
    )


if __name__ == "__main__":
    main()
