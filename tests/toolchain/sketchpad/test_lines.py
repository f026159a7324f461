import json

import pytest

from toolchain.sketchpad.lines import append, parse_line, read_lines, set_aside

DIGIT = {
    "label": "7",
    "writer": "mia",
    "number": "47",
    "place": 1,
    "drawing": "0" * 32,
    "recorded": "2026-01-01T00:00:00+00:00",
    "strokes": [[[0, 0], [10.5, 20]]],
}
WHOLE = {name: value for name, value in DIGIT.items() if name not in ("label", "place")}


def raw(line):
    return json.dumps(line).encode()


def test_lines_of_ours_are_read_whatever_else_they_say():
    for line in (DIGIT, WHOLE, {**DIGIT, "device": "ab12", "more": [None]}):
        assert parse_line(raw(line)) == line
    assert parse_line(json.dumps({**DIGIT, "writer": "žofie"}).encode()) is not None


@pytest.mark.parametrize("line", [
    b"", b"{", b"7", b"[]", b"null", b"\xff\xfe", b"\0" * 40, b"[" * 100_000,
    b'{"a":' * 50_000, b"9" * 10_000, raw(DIGIT)[:-9], raw({}), raw([DIGIT]),
    *(raw({name: value for name, value in DIGIT.items() if name != lacking})
      for lacking in ("writer", "number", "place", "drawing", "recorded", "strokes")),
    *(raw({**DIGIT, **other}) for other in (
        {"drawing": ["a"]}, {"drawing": {}}, {"recorded": 7}, {"recorded": None}, {"writer": 1},
        {"writer": "\ud800"}, {"device": 7}, {"number": 47}, {"label": 7}, {"label": "77"},
        {"label": "x"}, {"label": "\u0663"}, {"place": 2}, {"place": -1}, {"place": "1"},
        {"place": True}, {"strokes": []}, {"strokes": {}}, {"strokes": "ab"}, {"strokes": [[]]},
        {"strokes": [[1, 2]]}, {"strokes": [[[1]]]}, {"strokes": [[[1, 2, 3]]]},
        {"strokes": [[[1, "2"]]]}, {"strokes": [[[1, float("nan")]]]}, {"strokes": [[[1, 1e300]]]},
        {"strokes": [[[1, 10**400]]]}, {"strokes": [[[True, 1]]]},
    )),
])  # fmt: skip
def test_what_is_no_line_of_ours(line):
    assert parse_line(line) is None


def test_a_drawing_without_its_last_digits_counts_as_damaged_where_it_is_the_last(tmp_path):
    path = tmp_path / "x.jsonl"
    first = {**DIGIT, "label": "4", "place": 0}
    other = {**first, "drawing": "1" * 32}
    path.write_bytes(
        raw(first) + b"\n\n" + raw(DIGIT) + b"\n" + raw(other) + b"\n" + raw(DIGIT)[:30]
    )
    sound, damaged = read_lines(path)
    assert [line for _, line in sound] == [first, DIGIT]
    assert sorted(damaged) == sorted([raw(other) + b"\n", raw(DIGIT)[:30] + b"\n"])
    aside = set_aside(path, [line for line, _ in sound], damaged)
    assert path.read_bytes() == raw(first) + b"\n" + raw(DIGIT) + b"\n"
    assert aside.read_bytes() == b"".join(damaged)
    assert read_lines(path) == (sound, [])


def test_a_line_added_by_hand_without_its_end_is_kept(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(raw(WHOLE))
    assert [line for _, line in read_lines(path)[0]] == [WHOLE]
    append(path, raw(DIGIT) + b"\n")
    assert path.read_bytes() == raw(WHOLE) + b"\n" + raw(DIGIT) + b"\n"
