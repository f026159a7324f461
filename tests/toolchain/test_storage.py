import pytest

from generator.errors import BadInput
from toolchain import storage


def test_json_is_read_as_it_was_written(tmp_path):
    storage.write_json(tmp_path / "a.json", {"kept": [1, None, "é"]})
    assert storage.read_json(tmp_path / "a.json") == {"kept": [1, None, "é"]}
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{", b"[" * 100_000])
def test_damaged_json_is_named(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"a\.json is damaged"):
        storage.read_json(tmp_path / "a.json")
