import platform
from pathlib import Path

import pytest
import torch

from generator.errors import BadInput
from toolchain.training.devices import best_device, bf16_helps, denormals_flushed, device_named


@pytest.mark.skipif(
    platform.machine() != "x86_64" or not Path("/proc/cpuinfo").exists(), reason="x86 Linux alone"
)
def test_a_cpu_without_bf16_instructions_trains_in_float32():
    flags = set(Path("/proc/cpuinfo").read_text().split())
    has_them = bool({"avx512_bf16", "amx_bf16"} & flags)
    assert bf16_helps(torch.device("cpu")) == has_them


def test_a_device_that_is_not_here_is_refused_with_those_that_are():
    assert device_named(None) == best_device()
    assert device_named("cpu").type == "cpu"
    with pytest.raises(BadInput, match=r"no device 'tpu' here: choose one of .*cpu"):
        device_named("tpu")


def test_denormals_are_flushed_for_a_while_alone():
    tiny = torch.tensor([1e-38])
    with denormals_flushed():
        assert (tiny / 1000).item() == 0
    assert (tiny / 1000).item() > 0
