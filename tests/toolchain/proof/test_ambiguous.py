import json

import pytest

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import mnist_glyphs, stroke_digits, stroke_glyphs
from toolchain.proof.ambiguous import glyphs_of, read_list


def entry(line, **changes):
    return {"file": "drawn.jsonl", "line": line, "why": "a 1 or a 7", **changes}


def kept(folder, entries):
    path = folder / "listed.json"
    path.write_text(json.dumps(entries))
    return path


def test_listed_digits_are_found_whatever_lies_before_them(strokes_folder, tmp_path):
    lines = (strokes_folder / "drawn.jsonl").read_text().splitlines()
    first = stroke_digits(strokes_folder, "val")[1]
    line = next(
        number
        for number, text in enumerate(lines, 1)
        if (said := json.loads(text))["writer"] == first.writer
        and said["label"] == str(first.label)
    )
    bank = DigitBank([mnist_glyphs("val"), stroke_glyphs(strokes_folder, "val")])
    listed = read_list(kept(tmp_path, [entry(line), entry(1_000_000)]))
    assert glyphs_of(bank, listed).tolist() == [5_000 + 1]


def test_more_than_a_few_are_refused(strokes_folder, tmp_path):
    bank = DigitBank([stroke_glyphs(strokes_folder, None)])  # 400 digits
    few, many = ([entry(line) for line in range(1, 1 + count)] for count in (4, 5))
    assert len(glyphs_of(bank, read_list(kept(tmp_path, few)))) == 4
    with pytest.raises(BadInput, match="5 of 400 digits"):
        glyphs_of(bank, read_list(kept(tmp_path, many)))


@pytest.mark.parametrize(
    "entries", [{}, [1], [entry("x")], [entry(3, why=" ")], [{"file": "drawn.jsonl", "line": 3}]]
)
def test_a_list_that_does_not_say_where_and_why_is_refused(tmp_path, entries):
    if entries == {}:
        (tmp_path / "listed.json").write_text("[")
        path = tmp_path / "listed.json"
    else:
        path = kept(tmp_path, entries)
    with pytest.raises(BadInput, match="is no list of digits"):
        read_list(path)
    with pytest.raises(BadInput, match="is no list of digits"):
        read_list(tmp_path / "none.json")
