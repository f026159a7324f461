import json
from pathlib import Path

import pytest

from benchmarks import gdscript
from generator.errors import BadInput
from godot_demo.tools import check, engine, export

TIMES = {"clock_ms": 30.0, "clock_p90_ms": 31.0, "work_ms": 20.0, "clock_longest_ms": 35.0}
ROW = {
    "model": "nano.int8.onnx",
    "bytes": 116_113,
    "runtime": "GDScript",
    "problem": "",
    "load": TIMES,
    "reading": TIMES,
}
TOLD = {"rows": [ROW], "drawing": TIMES, "slices": {"frames": 9.5, "frame": TIMES}}


@pytest.fixture
def says(monkeypatch):
    """Lets Godot print something instead of measuring."""

    def say(text):
        monkeypatch.setattr(export, "run", lambda *_: text)

    monkeypatch.setattr(engine, "find", lambda: engine.Engine(("true",)))
    monkeypatch.setattr(check, "copy_models", lambda: None)
    return say


def test_a_row_says_which_file_was_computed_by_what(says):
    says(f"Godot Engine\n{json.dumps(TOLD)}\n")
    report = gdscript.measure(3)
    assert report["readings"] == 3
    assert gdscript.table(report).rows == [
        ["nano.int8.onnx", "GDScript", "116", "20.0", "30.00", "20.00"]
    ]
    assert "9.5 frames, each held up by 30.0 ms by the clock (median), 35.0 ms at most" in (
        gdscript.page(report)
    )


@pytest.mark.parametrize(
    "text",
    [
        "SCRIPT ERROR: there is no class NrtoolRecognizer",
        json.dumps({**TOLD, "rows": [{**ROW, "problem": "nano.onnx is missing"}]}),
    ],
)
def test_a_project_that_is_not_prepared_is_told(says, text):
    says(text)
    with pytest.raises(BadInput, match="make godot"):
        gdscript.measure(3)


def test_the_page_is_what_the_report_says():
    report = json.loads(gdscript.OUT.read_text("utf-8"))
    assert Path(gdscript.OUT).with_suffix(".md").read_text("utf-8") == gdscript.page(report)
