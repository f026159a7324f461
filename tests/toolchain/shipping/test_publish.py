from pathlib import Path

import pytest

from toolchain.shipping.publish import publish


@pytest.fixture
def made(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "base.safetensors").write_text("new weights")
    (folder / "base.int8.onnx").write_text("new graph")
    return folder


@pytest.fixture
def released(tmp_path):
    folder = tmp_path / "exports" / "base"
    folder.mkdir(parents=True)
    for name in ("base.safetensors", "base.onnx", "bench.json", "mine.txt"):
        (folder / name).write_text(f"old {name}")
    return folder


def content(folder: Path):
    return {path.relative_to(folder): path.read_text() for path in folder.rglob("*.*")}


def test_a_release_takes_the_place_of_the_one_before(made, released):
    publish(made, released, lambda folder: (folder / "README.md").write_text("card"))
    assert content(released) == {
        Path("base.safetensors"): "new weights",
        Path("base.int8.onnx"): "new graph",
        Path("mine.txt"): "old mine.txt",
        Path("README.md"): "card",
    }
    assert [path.name for path in released.parent.iterdir()] == ["base"]


def test_reports_stay_where_the_same_files_are_made_again(made, released):
    publish(made, released, lambda folder: None)
    (released / "bench.json").write_text("measured")
    publish(made, released, lambda folder: None)
    assert (released / "bench.json").read_text() == "measured"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError, SystemExit])
def test_an_interruption_leaves_the_earlier_release(made, released, stop):
    def interrupted(folder):
        raise stop

    before = content(released)
    with pytest.raises(stop):
        publish(made, released, interrupted)
    assert content(released) == before
    assert [path.name for path in released.parent.iterdir()] == ["base"]


def test_an_interruption_between_the_two_renames_does_too(made, released, monkeypatch):
    rename, before = Path.rename, content(released)

    def once(path, target):
        if path.name == "base" and path.parent.name.startswith(".base."):
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(KeyboardInterrupt):
        publish(made, released, lambda folder: None)
    assert content(released) == before
