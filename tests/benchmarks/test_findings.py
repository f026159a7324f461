import json

from benchmarks import findings, turns


def test_what_was_found_is_written_for_machines_and_people(tmp_path, capsys):
    measured = turns.compared({("a", "1"): [12_000.0], ("a", "2"): [24_000.0]}, ("a", "1"))
    report = {**findings.where(["numpy"]), "measured": measured}
    body = turns.table(measured, ["way", "workers"], "strips", "the first").markdown()
    findings.write(tmp_path / "found.json", "Found", body, report)
    assert json.loads((tmp_path / "found.json").read_text("utf-8")) == report
    text = (tmp_path / "found.md").read_text("utf-8")
    assert "| a | 2 | 24,000 | 24,000 to 24,000 | 2.00 (2.00 to 2.00) |" in text
    assert report["machine"] in text
    assert text in capsys.readouterr().out


def test_a_share_is_said_with_its_interval():
    assert findings.share(9, 10) == "90.0% (59.6% to 98.2%)"
