import json

import numpy as np
import pytest

from benchmarks.writers import folds, main, written
from generator.errors import BadInput
from generator.splits import in_validation
from generator.strokes import StrokeDigit, write_strokes

DIGITS = [
    StrokeDigit(label, f"hand-{writer}", (np.zeros((2, 2), np.float32),))
    for writer in range(11)
    for label in range(10)
]


def test_every_writer_is_held_out_once_and_trained_on_in_the_other_folds():
    held_out = []
    for fold in folds(DIGITS, 4):
        assert [digit.label for digit in fold.digits] == [digit.label for digit in DIGITS]
        assert [fold.real[digit.writer] for digit in fold.digits] == [d.writer for d in DIGITS]
        held_out += [real for name, real in fold.real.items() if in_validation(name.encode())]
    assert sorted(held_out) == sorted({digit.writer for digit in DIGITS})


def test_a_writers_fold_depends_on_no_order_of_the_digits():
    assert folds(DIGITS, 3)[1].real == folds(DIGITS[::-1], 3)[1].real


@pytest.mark.parametrize("count", [0, 1, 12])
def test_too_few_writers_or_folds_are_refused(count):
    with pytest.raises(BadInput, match="11 writers"):
        folds(DIGITS, count)


def test_recipes_are_compared_writer_by_writer():
    head = {"variant": "v", "folds": 2, "seeds": 1, "numbers": 640, "count": 9}
    usual = {f"w{i}": 90.0 + i % 7 for i in range(40)}
    rows = {
        "as it is": {"accuracy": usual, "commit": "a"},
        "better": {"accuracy": {name: share + 1 for name, share in usual.items()}, "commit": "b"},
    }
    text = written(head | {"digits": 400, "writers": 40, "rows": rows})
    assert "+1.00 (+1.00 to +1.00)" in text  # far narrower than either's own interval


def test_rows_of_another_budget_are_kept(tmp_path, monkeypatch, capsys):
    strokes, out = tmp_path / "strokes.jsonl.gz", tmp_path / "writers.json"
    write_strokes(DIGITS, strokes)
    held = json.dumps({"variant": "nano", "numbers": 1, "rows": {"as it is": {}}})
    out.write_text(held)
    monkeypatch.setattr("sys.argv", ["writers.py", "--custom", str(strokes), "--out", str(out)])
    assert main() == 2
    assert "numbers 1" in capsys.readouterr().err
    assert out.read_text() == held
