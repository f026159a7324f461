import os
from pathlib import Path

import pytest

from generator.errors import BadInput
from generator.files import read_bounded


def test_what_fits_is_read(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"1234")
    assert read_bounded(path, 4) == b"1234"
    with pytest.raises(BadInput, match=r"a' is larger than 3e-06 MB"):
        read_bounded(path, 3)


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link", "."):
        with pytest.raises(BadInput, match="cannot be read"):
            read_bounded(tmp_path / name, 9)
    with pytest.raises(BadInput, match="cannot be read"):
        read_bounded(Path("/dev/zero"), 9)
    with pytest.raises(BadInput, match="no name of a file"):
        read_bounded(tmp_path / "a\0b", 9)
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "none", 9)
