"""The same file on processors that this machine has not, emulated by QEMU.

What differs is which integer instructions ONNX Runtime finds: with AVX2 alone, where two products
of uint8 and int8 saturate at 16 bits; arm64 without and with dot products. The emulator, a Python
and ONNX Runtime of the processor come from Debian's packages and by pip, without root, once. It
says nothing of speed: emulated, a reading takes a hundred times as long.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from generator.cache import cache
from generator.errors import BadInput
from toolchain import debian
from toolchain.debian import ARM64, X86_64
from toolchain.shipping import other_runtime

MEND = "run it on Debian, or leave it out by --no-emulation"


@dataclass(frozen=True)
class Emulated:
    """A processor to emulate: QEMU's name for it, what it stands for, where its packages are."""

    name: str
    stands_for: str
    packages: debian.Processor
    wheels: str  # platform tags of its wheels end so


PROCESSORS = (
    Emulated("Haswell", "x86-64 with AVX2, without VNNI", X86_64, "x86_64"),
    Emulated("cortex-a72", "arm64 without dot products", ARM64, "aarch64"),
    Emulated("cortex-a76", "arm64 with dot products", ARM64, "aarch64"),
)
_GLIBC = (28, 27, 17)  # of the manylinux tags that wheels are looked for by


def run_emulated(
    model: Path, strips: NDArray[np.uint8], processor: Emulated
) -> other_runtime.Outputs:
    """What a model says of strips uint8 [N, 1, 32, 128], each by itself, on that processor.

    Raises:
        BadInput: as `ready`.
        RuntimeError: the model does not load or run there.
    """
    command, packages = ready(processor)
    return other_runtime.run(command, packages, model, strips, onnxruntime.__version__)


def ready(processor: Emulated) -> tuple[tuple[str, ...], Path]:
    """How Python is started on a processor, and the folder that holds its onnxruntime.

    Raises:
        BadInput: the emulator or what it runs cannot be fetched.
    """
    folder = cache("debian")
    emulator = debian.emulator(folder, processor.packages, MEND)
    root = folder / f"{debian.SUITE}-python-{processor.packages.architecture}"
    debian.unpack(root, processor.packages, ("python3", "libstdc++6"), MEND)
    found = sorted((root / "usr/bin").glob("python3.[0-9]*"))
    if not found:
        raise BadInput(f"{root} holds no Python: delete it")
    python = found[-1].name
    version = onnxruntime.__version__
    tags = [f"--platform=manylinux_2_{each}_{processor.wheels}" for each in _GLIBC]
    packages = other_runtime.with_packages(
        f"onnxruntime-{version}-{python}-{processor.wheels}",
        [f"onnxruntime=={version}", f"numpy=={np.__version__}"],
        ["--only-binary=:all:", f"--python-version={python.removeprefix('python')}", *tags],
    )
    started = processor.packages.start(root, f"usr/bin/{python}")
    return (emulator, "-cpu", processor.name, *started), packages
