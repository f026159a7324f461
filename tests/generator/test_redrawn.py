import numpy as np
import pytest
from PIL import Image, ImageDraw
from skimage import measure

from generator import redrawn
from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import redrawn_glyphs
from generator.mnist import SIZES, mnist_part
from generator.redrawn import HOLES, lines_of, redraw, redrawn_digits, to_redraw
from generator.strokes import REACH, StrokeDigit, distance_fields

DOZENS = 60
PEN = 1.2  # cells, a radius


def inked(*lines, width=3):
    """A digit of MNIST's size, drawn eight times as large first."""
    picture = Image.new("L", (224, 224))
    draw = ImageDraw.Draw(picture)
    for line in lines:
        draw.line([(8 * x, 8 * y) for x, y in line], fill=255, width=8 * width, joint="curve")
    return np.array(picture.resize((28, 28), Image.Resampling.BOX))


def oval(middle, across, down, turns=1.0):
    angles = np.linspace(0, 2 * np.pi * turns, 40) - np.pi / 2
    return [(14 + across * np.cos(a), middle + down * np.sin(a)) for a in angles]


def holes_of(strokes):
    """Holes in what a thin pen draws along the strokes, as training sees them."""
    fields, _ = distance_fields([StrokeDigit(0, "", strokes)])
    return holes_in(fields[0].numpy() > 255 * (1 - PEN / REACH))


def holes_in(ink):
    return measure.label(np.pad(~ink, 1), connectivity=1).max() - 1


@pytest.fixture(scope="module")
def parts():
    """The first digits of each split of MNIST."""
    return {split: [each[:DOZENS] for each in mnist_part(split)] for split in SIZES}


@pytest.fixture
def few(monkeypatch, tmp_path, parts):
    """A user with an empty cache, and an MNIST of those digits alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(redrawn, "mnist_part", lambda split, folder=None: parts[split])


def same(ones, others):
    assert [digit.label for digit in ones] == [digit.label for digit in others]
    for one, other in zip(ones, others, strict=True):
        for stroke, twin in zip(one.strokes, other.strokes, strict=True):
            np.testing.assert_array_equal(stroke, twin)


def test_loops_stay():
    assert holes_of(lines_of(inked(oval(14, 6, 9)), 0)) == 1
    assert holes_of(lines_of(inked(oval(9, 4, 4.5), oval(18.5, 5, 4.5)), 8)) == 2
    assert holes_of(lines_of(inked(oval(18, 5, 5), [(14, 4), (10, 16)]), 6)) == 1


def test_loops_that_a_scan_closes_stay_closed(parts):
    seen = {0: 0, 6: 0, 8: 0, 9: 0}
    for images, labels in parts.values():
        for image, label in zip(images, labels.tolist(), strict=True):
            strokes = lines_of(image, label)
            if strokes and holes_in(image > 110) == HOLES[label] > 0:
                assert holes_of(strokes) >= HOLES[label]  # a pen may close more
                seen[label] += 1
    assert min(seen.values()) > 4


def test_the_lines_lie_in_the_ink(parts):
    for image, label in zip(*parts["val"], strict=True):
        for stroke in lines_of(image, int(label)):
            # A line may leave the ink by a pixel, where its steps are smoothed.
            near = np.pad(image, 1)
            x, y = stroke.astype(int).T
            reach = [near[y + dy, x + dx] for dy in range(3) for dx in range(3)]
            assert (np.max(reach, 0) > 64).all()


def test_an_open_loop_is_left_open_and_a_filled_one_left_out():
    stem = [(16, 3), (11, 10), (10, 17)]
    filled = inked(stem, [(13, 17), (14, 19)], width=3)
    filled[14:24, 9:19] = 255
    assert lines_of(filled, 6) == ()
    opened = lines_of(inked(oval(14, 6, 9, turns=0.9)), 0)
    assert opened
    assert holes_of(opened) == 0


def test_a_blob_is_left_out_whatever_the_digit():
    blob = inked([(8, 4), (20, 4), (12, 24)], width=3)
    assert lines_of(blob, 7)
    blob[10:22, 8:20] = 255
    assert lines_of(blob, 7) == ()


def test_dots_beside_a_digit_are_no_part_of_it():
    clean = inked([(8, 4), (20, 4), (12, 24)])
    dotted = clean.copy()
    dotted[20:22, 22:24] = 255
    for stroke, twin in zip(lines_of(clean, 7), lines_of(dotted, 7), strict=True):
        np.testing.assert_array_equal(stroke, twin)
    apart = inked([(9, 4), (9, 12), (18, 14), (18, 22), (9, 24)], [(12, 4), (20, 4)])
    assert len(lines_of(apart, 5)) == 2


def test_nothing_drawn_is_no_digit():
    assert lines_of(np.zeros((28, 28), np.uint8), 1) == ()


def test_splits_are_of_other_digits_each(few, parts):
    for split in SIZES:
        same(redrawn_digits(split), redraw(*parts[split]))
    train, val, test = (set(map(bytes, parts[split][0])) for split in ("train", "val", "test"))
    assert not train & test
    assert not val & (train | test)


def test_a_slip_in_the_name_of_a_split_is_refused():
    for ask in (redrawn_digits, to_redraw):
        with pytest.raises(BadInput, match="no split"):
            ask("testing")


def test_most_digits_stay_and_nobody_is_said_to_have_written_them(few):
    digits = redrawn_digits("train")
    assert 0.85 * DOZENS < len(digits) <= DOZENS
    assert {(digit.writer, digit.source) for digit in digits} == {("mnist-redrawn",) * 2}


def test_they_are_made_once(few, monkeypatch):
    assert to_redraw("val") == SIZES["val"]
    done = []
    made = redrawn_digits("val", on_digits=done.append)
    assert done[-1] == DOZENS
    assert to_redraw("val") == 0
    monkeypatch.setattr(redrawn, "redraw", None)
    same(redrawn_digits("val"), made)


@pytest.mark.parametrize("harm", [lambda whole: whole[:-200], lambda whole: b"", "flip", "other"])
def test_a_damaged_file_is_made_anew(few, tmp_path, harm):
    made = redrawn_digits("val")
    (path,) = (tmp_path / "nrtool").rglob("*.npz")
    whole = path.read_bytes()
    if harm == "flip":
        middle = len(whole) // 3
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    elif harm == "other":
        np.savez(path.with_suffix(""), points=np.zeros((3, 2)))
    else:
        path.write_bytes(harm(whole))
    assert path.read_bytes() != whole
    same(redrawn_digits("val"), made)
    assert path.read_bytes() == whole
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.slow
def test_two_processes_make_the_same(parts, monkeypatch):
    images, labels = (np.concatenate([parts[split][i] for split in SIZES]) for i in (0, 1))
    whole = redraw(images, labels)
    monkeypatch.setattr(redrawn, "_CHUNK", 50)
    done = []
    same(redraw(images, labels, done.append), whole)
    assert done == [50, 100, 150, 180]


def test_a_copy_of_each_is_another_digit(few):
    plain, more = redrawn_glyphs("train"), redrawn_glyphs("train", copies=1, seed=3)
    count = len(plain.labels)
    assert len(more.labels) == 2 * count
    assert (more.pixels[:count] == plain.pixels).all()
    assert (more.pixels[count:] != plain.pixels).flatten(1).any(1).all()
    assert more.labels.tolist() == 2 * plain.labels.tolist()
    (said,) = DigitBank([more]).description
    assert (said["digits"], said["copies"], said["writers"]) == (count, 1, None)
