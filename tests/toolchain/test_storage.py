import pytest

from toolchain import storage


def test_a_failed_write_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.json"
    storage.write_json(path, {"kept": True})

    def fail():
        with storage.replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
    assert "kept" in path.read_text()
