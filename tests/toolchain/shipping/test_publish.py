from pathlib import Path

import pytest

from tests.toolchain.test_cli import call
from toolchain import storage
from toolchain.shipping.publish import publish, settle


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


def killed(path):
    """Puts a release as a process leaves it that is killed between the two renames."""
    path.rename(path.with_name(f".{path.name}.before"))


def test_killed_between_the_two_renames_the_earlier_release_is_found_again(released):
    before = content(released)
    killed(released)
    settle(released.parent)
    assert content(released) == before
    assert [path.name for path in released.parent.iterdir()] == ["base"]


def test_any_command_finds_it_again(released, capsys):
    killed(released)
    assert call("models", "--exports", released.parent, "--runs", released.parent / "runs") == 0
    assert (released / "mine.txt").is_file()


def test_killed_after_the_two_renames_the_new_one_stays(made, released):
    killed(released)
    publish(made, released, lambda folder: None)
    kept = content(released)
    released.with_name(".base.before").mkdir()
    settle(released.parent)
    assert content(released) == kept
    assert [path.name for path in released.parent.iterdir()] == ["base"]


def test_an_export_at_work_is_left_alone(released):
    killed(released)
    with storage.alone(released, "wait"):
        settle(released.parent)
        assert not released.exists()


def test_what_described_an_int8_file_goes_with_it(made, released):
    publish(made, released, lambda folder: None)
    for name in ("golden.json", "bench.json"):
        (released / name).write_text("of the int8 file")
    (made / "base.int8.onnx").unlink()
    publish(made, released, lambda folder: None)
    assert sorted(path.name for path in released.iterdir()) == ["base.safetensors", "mine.txt"]


def test_a_release_that_lies_elsewhere_by_a_link_is_replaced(made, released, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    released.rename(elsewhere)
    released.symlink_to(elsewhere)
    publish(made, released, lambda folder: None)
    assert (released / "base.int8.onnx").read_text() == "new graph"
    assert [path.name for path in released.parent.iterdir()] == ["base"]
    assert (elsewhere / "bench.json").read_text() == "old bench.json"
