import numpy as np
import pytest

from generator import unipen
from generator.errors import BadInput
from generator.importing import import_digits
from generator.strokes import read_strokes, write_strokes

PENDIGITS = """.INCLUDE notes.doc
.LEXICON "0" "1"
.HIERARCHY DIGIT
.SEGMENT DIGIT 0 ? "1"
.COMMENT 1 7 22
.PEN_DOWN
 10 90
 10 50
 10 10
.PEN_UP
.DT 100
.SEGMENT DIGIT 1-2 ? "7"
.COMMENT 7 8 23
.PEN_DOWN
 0 100
 60 100
 20 0
.PEN_UP
.DT 100
.PEN_DOWN
 10 50
 50 50
.PEN_UP
.DT 100
"""

STROKES = """.WRITER_ID anna
.COORD X Y T
.PEN_DOWN
0 0 1
0 20 2
.PEN_UP
0 21 3
30 21 4
.PEN_DOWN
30 0 5
31 10 6
30 20 7
40 20 8
.PEN_UP
"""
SEGMENTS = """.INCLUDE set/data/strokes.dat
.SEGMENT CHARACTER 0 ? "1"
.SEGMENT CHARACTER 0:0-1:2 OK "4"
.SEGMENT CHARACTER 1 ? "a"
"""


@pytest.fixture
def collection(tmp_path):
    (tmp_path / "include" / "set" / "data").mkdir(parents=True)
    (tmp_path / "include" / "set" / "data" / "strokes.dat").write_text(STROKES)
    (tmp_path / "data" / "1a").mkdir(parents=True)
    (tmp_path / "data" / "1a" / "digits.dat").write_text(SEGMENTS)
    return tmp_path


def test_pendigits_are_cut_by_stroke_and_know_their_writers(tmp_path):
    path = tmp_path / "pendigits-orig.tra"
    path.write_text(PENDIGITS)
    one, seven = import_digits([path])
    assert (one.label, seven.label) == (1, 7)
    assert (one.writer, seven.writer) == ("pendigits-orig-7", "pendigits-orig-8")
    assert one.strokes[0].tolist() == [[0.5, 0.0], [0.5, 1.0]]  # y down; the middle point is gone
    assert [len(stroke) for stroke in seven.strokes] == [3, 2]
    assert seven.source == "pendigits-orig"


def test_a_collection_is_followed_through_its_includes(collection):
    one, four = import_digits([collection])
    assert (one.label, four.label) == (1, 4)
    assert one.writer == four.writer == "data-anna"
    assert len(four.strokes) == 2
    assert len(four.strokes[1]) == 3  # points 0 to 2 of the second stroke
    assert four.strokes[1][-1, 1] == four.strokes[0][-1, 1]  # both end equally high


def test_pen_up_coordinates_are_no_ink(collection):
    four = import_digits([collection])[1]
    widest = max(float(np.ptp(stroke[:, 0])) for stroke in four.strokes)
    assert widest < 0.2  # the way through the air was 30 of 31 units wide


def test_what_is_written_is_read_again(tmp_path, collection):
    digits = import_digits([collection])
    for name in ("digits.jsonl", "digits.jsonl.gz"):
        write_strokes(digits, tmp_path / name)
        for before, after in zip(digits, read_strokes(tmp_path / name), strict=True):
            assert (before.label, before.writer) == (after.label, after.writer)
            for stroke, again in zip(before.strokes, after.strokes, strict=True):
                np.testing.assert_allclose(stroke, again, atol=1e-4)
    assert len(import_digits([tmp_path / "digits.jsonl.gz"])) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('.SEGMENT DIGIT 3 ? "1"\n.PEN_DOWN\n0 0\n.PEN_UP\n', "has no strokes '3'"),
        ('.SEGMENT DIGIT x-y ? "1"\n', "has no strokes 'x-y'"),
        (".INCLUDE gone.dat\n", "includes gone.dat, which is not there"),
        (".INCLUDE ../../etc/passwd\n", "which is not there"),
        (".INCLUDE digits.tra\n", "included within itself"),
        (".INCLUDE \n", "an empty .INCLUDE line"),
        (f".INCLUDE {'a' * 5000}\n", "which is not there"),
        (".INCLUDE a\0b\n", "which is not there"),
        (".WRITER_ID\n", "an empty .WRITER_ID line"),
        (f'.SEGMENT DIGIT {"9" * 5000} ? "1"\n', "has no strokes '999"),
        ('.SEGMENT DIGIT 0-999999999 ? "1"\n', "has no strokes '0-9"),
        ("." * 70_000, "no UNIPEN text"),
        (".PEN_DOWN\n0 0\n" * 5000 + '.SEGMENT DIGIT 0-4999 ? "1"\n', "over 4,096 points"),
        (".PEN_DOWN\n0 0\n" * 9 + f'.SEGMENT DIGIT {"0-8," * 999}0 ? "1"\n', "over 4,096 points"),
        (".INCLUDE a.doc\n" * 1002, "includes over 1,000 files"),
        ("nothing of interest\n", "no digits in there"),
        ('.SEGMENT DIGIT 0:5-0:6 ? "1"\n.PEN_DOWN\n0 0\n1 1\n.PEN_UP\n', "has no points"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, text, message):
    (tmp_path / "digits.tra").write_text(text)
    with pytest.raises(BadInput, match=message):
        import_digits([tmp_path / "digits.tra"])


def test_files_that_include_each_other_many_times_end(tmp_path):
    for name, others in (("a", "bc"), ("b", "cd"), ("c", "de"), ("d", "ef"), ("e", "f")):
        lines = [f".INCLUDE {other}.dat\n" * 100 for other in others]
        (tmp_path / f"{name}.dat").write_text("".join(lines))
    (tmp_path / "f.dat").write_text("")
    with pytest.raises(BadInput, match="includes over 1,000 files"):
        import_digits([tmp_path / "a.dat"])
    (tmp_path / "f.dat").write_text(".INCLUDE a.dat\n")
    with pytest.raises(BadInput, match="included within itself"):
        import_digits([tmp_path / "a.dat"])


@pytest.mark.parametrize(
    ("name", "least", "text", "message"),
    [
        ("MOST", 50, ".PEN_DOWN\n0 0\n" * 60, "strokes or segments"),
        ("MOST", 50, '.SEGMENT DIGIT 0 ? "1"\n' * 60, "strokes or segments"),
        ("LARGEST", 50, "\n" * 60, "larger than"),
        (
            "MOST_POINTS_IN_ALL",
            50,
            ".PEN_DOWN\n" + "0 0\n" * 9 + ".PEN_UP\n" + '.SEGMENT DIGIT 0 ? "1"\n' * 9,
            "have over",
        ),
    ],
)
def test_what_would_fill_memory_is_refused(tmp_path, monkeypatch, name, least, text, message):
    monkeypatch.setattr(unipen, name, least)
    (tmp_path / "digits.tra").write_text(text)
    with pytest.raises(BadInput, match=message):
        import_digits([tmp_path / "digits.tra"])
