from pathlib import Path

import pytest
import typer

from generator.errors import BadInput
from toolchain import pipeline
from toolchain.cli import app


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


def test_a_folder_in_use_is_refused_before_any_work(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(BadInput, match="--out"):
        pipeline.steps(tmp_path, "base", None)


def test_everything_stays_below_the_folder_asked_for():
    for _, *arguments in pipeline.steps(Path("here"), "base", None):
        paths = [each for each in arguments if "/" in each]
        assert paths
        assert all(path.startswith("here/") for path in paths)
