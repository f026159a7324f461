from pathlib import Path

import pytest
import typer

from generator.errors import BadInput
from toolchain import pipeline
from toolchain.cli import app
from toolchain.errors import FellShort


def test_every_step_of_the_quickstart_is_a_command_that_parses():
    commands = typer.main.get_command(app).commands
    steps = pipeline.steps(Path("here"), "lightweight", Path("mnist"))
    assert [step[0] for step in steps] == [
        "train",
        "export",
        "parity",
        "bench",
        "generate",
        "predict",
    ]
    for name, *arguments in steps:
        given = commands[name].make_context(name, arguments).params
        assert given.get("variant", "lightweight") == "lightweight"
        if "mnist" in given:
            assert given["mnist"] == Path("mnist")


def test_a_step_that_falls_short_stops_only_those_that_need_it():
    steps = pipeline.steps(Path("here"), "base", None)
    ran = []

    def run(step):
        ran.append(step[0])
        if step[0] == "export":
            raise FellShort("gate 'latency' failed")
        return 0

    assert pipeline.run_all(steps, run) == ["export"]
    assert ran == ["train", "export", "generate"]
    assert pipeline.run_all(steps, lambda step: int(step[0] == "parity")) == ["parity"]


def test_a_step_that_was_stopped_stops_the_quickstart():
    with pytest.raises(typer.Exit) as stopped:
        pipeline.run_all(pipeline.steps(Path("here"), "base", None), lambda step: 130)
    assert stopped.value.exit_code == 130


def test_it_ends_with_what_was_made_and_what_fell_short(tmp_path):
    (tmp_path / "runs" / "base").mkdir(parents=True)
    told = pipeline.closing(tmp_path, "base", ["export"])
    assert str(tmp_path / "runs" / "base") in told
    assert "int8.onnx" not in told
    assert "Fell short: export" in told


def test_a_folder_in_use_is_refused_before_any_work(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(BadInput, match="--out"):
        pipeline.steps(tmp_path, "base", None)


def test_everything_stays_below_the_folder_asked_for():
    for _, *arguments in pipeline.steps(Path("here"), "base", None):
        paths = [each for each in arguments if "/" in each]
        assert paths
        assert all(path.startswith("here/") for path in paths)
