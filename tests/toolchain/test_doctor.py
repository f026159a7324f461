"""What nrtool doctor finds, here and where something is wrong."""

import json

import pytest

from tests.toolchain.test_cli import call
from toolchain import extras
from toolchain.doctor import examine
from toolchain.reading import modelfile


@pytest.fixture(autouse=True)
def outside(tmp_path, monkeypatch):
    """An empty folder to work in, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NRTOOL_MNIST", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def found():
    return {(each.part, each.name): each for each in examine()}


def test_all_is_well_here_and_nothing_is_left(outside, capsys):
    assert call("doctor", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["reads"] is True
    states = {(each["part"], each["name"]): each["state"] for each in said["findings"]}
    assert states["reading", "a drawn 7"] == states["versions", "onnxruntime"] == "ok"
    assert states["data", "MNIST"] == "missing"
    assert states["extras", "draw"] == "ok"
    assert {name for part, name in states if part == "writing"} >= {"runs", "exports", "cache"}
    assert not any(outside.joinpath("work").iterdir())
    assert not (outside / "cache").exists()


def test_what_is_missing_comes_with_the_command_that_mends_it(monkeypatch, capsys):
    monkeypatch.setattr(extras, "version", lambda requirement: "")
    assert found()["extras", "draw"].mend == "pip install 'nrtool[draw]'"
    assert "pip install 'onnxruntime" in found()["versions", "onnxruntime"].mend
    assert call("doctor") == 1
    assert "pip install 'nrtool[draw]'" in capsys.readouterr().out


def test_a_package_too_new_is_broken(monkeypatch):
    monkeypatch.setattr(extras, "version", lambda requirement: "99.0")
    numpy = next(each for each in extras.extras()[""] if each.name == "numpy")
    if numpy.specifier.contains("99.0"):
        pytest.skip("nrtool was installed before its requirements had upper bounds")
    assert found()["versions", "numpy"].state == "broken"


def test_a_damaged_model_is_broken(outside, monkeypatch, capsys):
    release = outside / "work" / "exports" / "optimized"
    release.mkdir(parents=True)
    (release / "optimized.int8.onnx").write_bytes(b"damaged")
    assert call("doctor") == 1
    assert "nrtool export --variant optimized" in capsys.readouterr().out
    monkeypatch.chdir(outside)
    monkeypatch.setattr(modelfile, "bundled", lambda: outside / "none.onnx")
    reading = found()["reading", "a drawn 7"]
    assert reading.state == "broken"
    assert "--force-reinstall" in reading.mend


def test_a_folder_that_cannot_be_written_is_named(outside, monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    runs = found()["writing", "runs"]
    assert (runs.state, "chmod" in runs.mend) == ("missing", True)
