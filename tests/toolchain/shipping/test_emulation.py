"""An int8 file, made as releases are, on processors that this machine has not."""

import os
import shutil

import pytest

from toolchain import debian
from toolchain.reading.runtime import open_model
from toolchain.shipping import emulation, processors


@pytest.mark.slow
# The first is asked by the gate's own test.
@pytest.mark.parametrize("processor", emulation.PROCESSORS[1:], ids=lambda each: each.name)
def test_int8_reads_the_same_on_an_emulated_processor(processor, int8, numbers):
    if not (os.environ.get("CI") or (shutil.which("apt-get") and debian.KEYRING.is_file())):
        pytest.skip("no Debian here to take the emulator from")
    strips = numbers(0, 2).strips.numpy()
    there = emulation.run_emulated(int8, strips, processor)
    gaps = processors.gaps(processors.readings(open_model(int8), strips), there)
    assert gaps.held, gaps
