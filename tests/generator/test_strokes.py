import gzip
import json

import numpy as np
import pytest
import torch

from generator import strokes
from generator.errors import BadInput
from generator.strokes import (
    CANVAS_HEIGHT,
    CANVAS_WIDTH,
    GLYPH_HEIGHT,
    REACH,
    StrokeDigit,
    distance_fields,
    read_strokes,
)
from generator.variation import varied
from tests.conftest import stroke_line


def digit(*strokes):
    return StrokeDigit(1, "anna", tuple(np.array(stroke, np.float32) for stroke in strokes))


def test_the_field_is_the_distance_to_the_path():
    fields, boxes = distance_fields([digit([[0, 0], [0, 9]])])
    middle, top = CANVAS_WIDTH / 2, (CANVAS_HEIGHT - GLYPH_HEIGHT) / 2
    torch.testing.assert_close(boxes[0], torch.tensor([middle, top, middle, top + GLYPH_HEIGHT]))
    columns = torch.arange(CANVAS_WIDTH) + 0.5
    expected = (1 - (columns - middle).abs() / REACH).clamp(min=0) * 255
    assert (fields[0, CANVAS_HEIGHT // 2].float() - expected).abs().max() <= 1


def test_a_dot_is_drawn():
    fields, _ = distance_fields([digit([[5, 5]])])
    assert fields[0, CANVAS_HEIGHT // 2, CANVAS_WIDTH // 2] > 200


def test_digits_of_any_complexity_in_one_call_do_not_disturb_each_other():
    simple = digit([[0, 0], [0, 1]])
    long = digit(np.random.default_rng(0).random((90, 2)).tolist())
    together, _ = distance_fields([simple, long, simple])
    alone, _ = distance_fields([simple])
    assert torch.equal(together[0], alone[0])
    assert torch.equal(together[2], alone[0])


def test_plain_and_gzipped_lines_read_the_same(tmp_path):
    text = stroke_line(3, "anna") + "\n\n" + stroke_line(7, "ben") + "\n"
    (tmp_path / "a.jsonl").write_text(text)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    plain, packed = (list(read_strokes(path)) for path in sorted(tmp_path.iterdir()))
    assert [(d.label, d.writer) for d in plain] == [(3, "anna"), (7, "ben")]
    assert [(d.label, d.writer) for d in packed] == [(3, "anna"), (7, "ben")]


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        json.dumps({"label": "12", "strokes": [[[0, 0]]]}),
        json.dumps({"label": "x", "strokes": [[[0, 0]]]}),
        json.dumps({"label": "1", "strokes": []}),
        json.dumps({"label": "1", "strokes": [[[0, 0, 0]]]}),
        json.dumps({"label": "1", "strokes": [[[0, "a"]]]}),
        '{"label": "1", "strokes": [[[0, NaN]]]}',
        json.dumps({"label": "1"}),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line):
    path = tmp_path / "bad.jsonl"
    path.write_text(stroke_line(1, "anna") + "\n" + line + "\n")
    with pytest.raises(BadInput, match=r"bad\.jsonl, line 2"):
        list(read_strokes(path))


def test_a_truncated_gzip_is_refused(tmp_path):
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(gzip.compress(stroke_line(1, "anna").encode() * 50)[:-12])
    with pytest.raises(BadInput, match=r"cut\.jsonl\.gz"):
        list(read_strokes(path))


def points(*several):
    return json.dumps({"label": "1", "writer": "anna", "strokes": [list(several)]})


HOSTILE = {
    "a whole number larger than any float": points([0, 10**400]),
    "a whole number of too many digits": points([0, 1]).replace("1]", "1" * 5000 + "]"),
    "beyond a billion": points([0, 0], [3e38, 1]),
    "infinite": points([0, 0], [float("inf"), 1]),
    "three coordinates": points([0, 0, 5], [1, 1, 6]),
    "text for numbers": points(["0", "1"]),
    "truth for numbers": points([True, False]),
    "ragged": points([0, 1], [2]),
    "a point for strokes": '{"label": "1", "strokes": [[1, 2]]}',
    "too many points": points(*[[0, 0]] * 4097),
    "deep": "[" * 10_000,
    "deep strokes": '{"label": "1", "strokes": ' + "[" * 900 + "]" * 900 + "}",
    "half a pair for writer": '{"label": "1", "writer": "\\ud800", "strokes": [[[0, 0]]]}',
    "half a pair for source": '{"label": "1", "source": "\\udc00", "strokes": [[[0, 0]]]}',
    "label Infinity": '{"label": Infinity, "strokes": [[[0, 0]]]}',
    "label 7.9": '{"label": 7.9, "strokes": [[[0, 0]]]}',
    "label true": '{"label": true, "strokes": [[[0, 0]]]}',
    "label of two digits that follow": '{"label": "12", "strokes": [[[0, 0]]]}',
    "no label": '{"label": "", "strokes": [[[0, 0]]]}',
    "height NaN": '{"label": "1", "rel_h": NaN, "strokes": [[[0, 0]]]}',
    "height of text": '{"label": "1", "rel_h": "nan", "strokes": [[[0, 0]]]}',
    "no UTF-8": b"\xff\xfe",
    "a long line": b" " * (2 << 20),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", ["bad.jsonl", "bad.jsonl.gz"])
def test_what_is_no_digit_is_refused_by_its_line(tmp_path, kind, name):
    line = HOSTILE[kind]
    content = stroke_line(1, "anna").encode() + b"\n" + (
        line if isinstance(line, bytes) else line.encode()
    )  # fmt: skip
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with pytest.raises(BadInput, match=r"bad\.jsonl.*, line 2: ") as refused:
        list(read_strokes(path))
    assert len(str(refused.value)) < 500 + len(str(path))


def test_a_byte_order_mark_is_read_over(tmp_path):
    path = tmp_path / "notepad.jsonl"
    path.write_text(stroke_line(7, "anna"), encoding="utf-8-sig")
    assert [digit.label for digit in read_strokes(path)] == [7]


@pytest.mark.parametrize("content", [b"\n" * (1 << 21), b" " * 1000 + b"\n"], ids=["lines", "size"])
def test_an_archive_that_unpacks_without_end_is_refused(tmp_path, monkeypatch, content):
    monkeypatch.setattr(strokes, "LARGEST", 1 << 22)
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(content * (1 + (1 << 23) // len(content))))
    with pytest.raises(BadInput, match="split it"):
        list(read_strokes(path))


def told(path):
    return [(each.label, each.writer, each.strokes[0].tolist()) for each in read_strokes(path)]


def test_a_damaged_archive_is_refused(tmp_path):
    lines = "\n".join(stroke_line(3, "anna", wobble / 400) for wobble in range(50))
    packed = bytearray(gzip.compress(lines.encode()))
    path = tmp_path / "odd.jsonl.gz"
    path.write_bytes(packed)
    original = told(path)
    refused = 0
    for place in range(10, len(packed), 7):
        damaged = packed.copy()
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            read = told(path)
        except BadInput:
            refused += 1
        else:
            assert read == original, place
    assert refused > 20


def test_coordinates_of_any_size_that_is_read_can_be_drawn_and_varied(tmp_path):
    path = tmp_path / "a.jsonl"
    sizes = (1e-30, 1e-9, 1.0, 1e9)
    path.write_text("\n".join(points([-a, b], [a, -b], [a, b]) for a in sizes for b in sizes))
    digits = list(read_strokes(path))
    closeness, boxes = distance_fields(digits + varied(digits, 2))
    assert torch.isfinite(boxes).all()
    assert (closeness.amax((1, 2)) > 200).all()


def test_digits_of_many_points_are_measured_in_parts(monkeypatch):
    random = np.random.default_rng(0)
    digits = [digit(random.random((200, 2)).tolist()) for _ in range(3)]
    whole = distance_fields(digits)
    monkeypatch.setattr(strokes, "AT_ONCE", 1 << 13)
    for one, other in zip(whole, distance_fields(digits), strict=True):
        assert torch.equal(one, other)
