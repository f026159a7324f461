"""Everything that a package encloses is somebody's, and the list says whose."""

import re
from pathlib import Path

import pytest

from generator.errors import BadInput
from toolchain.shipping import licences
from toolchain.shipping.licences import Part, listed


def test_the_wheels_list_is_as_its_files_are():
    said = "run python -m toolchain.shipping.licences"
    assert licences.FILE.read_text("utf-8") == licences.text(), said


def test_the_wheels_list_names_whom_the_weights_are_owed_to():
    said = licences.text()
    for name in ("MNIST, Y. LeCun", "E. Alpaydin", "UNIPEN", "Fontsource"):
        assert name in said


def test_nothing_in_the_wheel_claims_to_be_another_makers():
    marks = re.compile(rb"SPDX-License|@license|copyright \(c\)|\xc2\xa9", re.IGNORECASE)
    for name, path in licences.wheel_files().items():
        if path.suffix != ".onnx" and path != Path(licences.__file__):
            assert not marks.search(path.read_bytes()), name


def test_what_is_nobodys_or_twos_is_refused(tmp_path):
    ours, theirs = (Part(name, "MIT", (f"{name}/*",)) for name in ("ours", "theirs"))
    said = listed("it", {"ours/a.py": tmp_path, "theirs/b.so": tmp_path}, [ours, theirs])
    assert "| theirs | MIT | theirs/b.so |" in said
    with pytest.raises(BadInput, match=r"strange\.so is enclosed and belongs to nobody"):
        listed("it", {"strange.so": tmp_path}, [ours, theirs])
    with pytest.raises(BadInput, match="belongs to ours and ours"):
        listed("it", {"ours/a.py": tmp_path}, [ours, ours])


def test_a_model_that_does_not_say_what_it_learned_is_refused(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"")
    with pytest.raises(BadInput, match="does not say what it was trained on"):
        listed("it", {"a.onnx": tmp_path / "a.onnx"}, [licences.WEIGHTS])
