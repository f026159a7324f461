import json

import pytest

from generator.errors import BadInput
from toolchain.proof import golden
from toolchain.report import charts, release_page


def reader(name, right):
    counts = {"1": 10}
    point = {"threshold": 0.9, "asked_again": 40.0, "wrong": 0.25}
    return {
        "name": name,
        "right": right,
        "accuracy": 10.0 * right,
        "interval": [40, 97],
        "by_length": {"1": 10.0 * right},
        "counts": counts,
        "trust": {
            "calibration_error": 6.0,
            "bins": [[50.0, 50.0], [90.0, 100.0]],
            "curve": [point],
            "recommended": point,
        },
    }


def test_what_was_not_measured_is_said(release_folder):
    page, data = release_page.write(release_folder)
    assert "Not measured: <code>nrtool parity</code>" in page.read_text()
    assert "Reads a handwritten number of 1 to 5 digits from a 32x128 strip." in page.read_text()
    assert json.loads(data.read_text())["bench"] is None


def test_the_page_holds_the_figures_and_needs_nothing_else(release_folder):
    gap = {
        "between": ["float32", "int8"],
        "mismatches": 1,
        "largest": 0.5,
        "mean": 0.1,
        "examples": [{"label": "7", "float32": "7", "int8": "<1>", "strip": "UE5H"}],
    }
    section = {
        "numbers": "numbers",
        "seed": 5,
        "count": 10,
        "readers": [reader("float32", 9), reader("int8", 8)],
        "differences": [gap],
    }
    (release_folder / "parity.json").write_text(json.dumps({"sections": [section]}))
    page = release_page.write(release_folder)[0].read_text()
    assert "90.00 %" in page
    assert "off by 6.00 points" in page
    assert "40.00 %" in page
    assert "int8 &lt;1&gt;" in page, "what is read is text, never markup"
    for outside in ("http:", "https:", "<script", "<link"):
        assert outside not in page.replace("http://www.w3.org", "")


def test_a_damaged_report_is_named(release_folder):
    (release_folder / "bench.json").write_text("{")
    with pytest.raises(BadInput, match=r"bench\.json is damaged"):
        release_page.write(release_folder)


def test_no_release_is_no_report(tmp_path):
    with pytest.raises(BadInput, match="does not exist"):
        release_page.write(tmp_path)


def test_golden_drawings_are_shown(release_folder, float32):
    content = golden.make("lightweight", {"float32": float32, "int8": float32})
    (release_folder / "golden.json").write_text(golden.dumps(content))
    page, data = release_page.write(release_folder)
    assert page.read_text().count('class="drawing"') == len(content["cases"])
    assert "log_probs" not in data.read_text()


def test_charts_put_values_where_they_belong():
    axes = charts.Axes([0, 10], [0, 1], ("x", "y"))
    (left, bottom), (right, top) = axes.place((0, 0)), axes.place((10, 1))
    assert charts.LEFT < left < right < charts.WIDE - charts.RIGHT
    assert charts.TOP < top < bottom < charts.HIGH - charts.BOTTOM
    assert "<b>" not in charts.bars([("<b>", 1.0, "1 ms")])
    assert charts.lines({"one": [(1, 5), (1, 5)]}, ("x", "y")).startswith("<svg")
