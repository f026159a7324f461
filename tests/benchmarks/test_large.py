"""A large photograph is read within the memory that is promised."""

from pathlib import Path

import pytest

from benchmarks.large import MEGABYTES, NUMBERS, STATUS, measure, photograph

EXPORTS = Path(__file__).parents[2] / "exports"


@pytest.mark.skipif(not STATUS.is_file(), reason="only Linux tells a process its peak")
def test_a_large_photograph_needs_little_memory(tmp_path):
    photograph().save(tmp_path / "large.jpg", quality=90)
    read, _, megabytes = measure(tmp_path / "large.jpg", ["--exports", str(EXPORTS)])
    assert tuple(read) == NUMBERS
    assert megabytes <= MEGABYTES
