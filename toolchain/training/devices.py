"""Devices to compute on: which there are, and which of them gain from bfloat16."""

import contextlib
import platform
from collections.abc import Iterator

import torch

from generator.errors import BadInput


def best_device() -> torch.device:
    """CUDA, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def bf16_helps(device: torch.device) -> bool:
    """Whether bfloat16 is fast: recent GPUs, CPUs with AVX-512 BF16 or AMX."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    if device.type != "cpu":
        return False
    if platform.machine() in ("x86_64", "AMD64"):
        # oneDNN takes bfloat16 on every AVX-512, and where there are no instructions for it
        # computes at a third of float32's speed.
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


@contextlib.contextmanager
def denormals_flushed() -> Iterator[None]:
    """Numbers too small for a normal float count as 0, which spares the CPU a slow path."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def device_named(name: str | None) -> torch.device:
    """The device of that name, else the best.

    Raises:
        BadInput: it is not there.
    """
    if name is None:
        return best_device()
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there.get(name):
        having = ", ".join(device for device, is_there in there.items() if is_there)
        raise BadInput(f"no device {name!r} here: choose one of {having}")
    return torch.device(name)
