import gzip
import json

import numpy as np
import pytest
import torch

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
