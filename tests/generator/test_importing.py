import os
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator.errors import BadInput
from generator.importing import TOLERANCE, files_of, import_digits
from generator.strokes import StrokeDigit, read_strokes, write_strokes

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
ONE = '.SEGMENT DIGIT {} ? "1"\n.COMMENT 1 5 {}\n.PEN_DOWN\n0 0\n0 {}\n.PEN_UP\n'


def unipen(path: Path, *heights: int) -> Path:
    """A pendigits file of one writer's 1s, so high."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(ONE.format(i, i, height) for i, height in enumerate(heights)))
    return path


def test_a_folder_may_hold_every_format(tmp_path: Path) -> None:
    unipen(tmp_path / "originals" / "digits.tra", 20)
    write_strokes([drawn((0, 0), (0, 1))], tmp_path / "mine.jsonl.gz")
    (tmp_path / "FONT.TTF").symlink_to(FONT)
    digits = import_digits([tmp_path])
    assert len(digits) == 12
    assert {digit.source for digit in digits} == {"digits", "test", "fonts"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_font_whose_name_is_no_text_is_imported_into_what_can_be_read(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.ttf")).symlink_to(FONT)
    write_strokes(import_digits([tmp_path]), tmp_path / "mine.jsonl")
    assert {digit.writer for digit in read_strokes(tmp_path / "mine.jsonl")} == {"?"}


def test_what_a_collection_includes_is_no_file_of_its_own(tmp_path: Path) -> None:
    unipen(tmp_path / "include" / "digits.tra", 20)
    own = unipen(tmp_path / "digits.tra", 20)
    assert files_of([tmp_path]) == [own]


def test_heights_are_relative_to_the_writer(tmp_path: Path) -> None:
    digits = import_digits([unipen(tmp_path / "digits.tra", 10, 20, 40)])
    assert [digit.relative_height for digit in digits] == [0.5, 1.0, 2.0]


def test_fonts_become_like_any_other_stroke_digits() -> None:
    digits = import_digits([FONT])
    points = np.concatenate([np.concatenate(digit.strokes) for digit in digits])
    assert points.min() >= 0
    assert points.max() <= 1
    assert all(0.9 < digit.relative_height < 1.1 for digit in digits)
    assert max(len(stroke) for digit in digits for stroke in digit.strokes) < 60  # thinned


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=2, max_size=40))
@example([(0, 0), (2, 0), (1, 0)])
@settings(max_examples=50)
def test_thinned_strokes_stay_where_they_were(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("strokes") / "mine.jsonl"
    write_strokes([drawn(*points)], path)
    whole = next(read_strokes(path)).strokes[0]
    (thin,) = import_digits([path])[0].strokes
    side = float(np.ptp(whole, 0).max()) or 1.0
    low, high = whole.min(0), whole.max(0)
    whole = (whole - low + (side - (high - low)) / 2) / side
    assert len(thin) <= len(whole)
    np.testing.assert_allclose(thin[[0, -1]], whole[[0, -1]], atol=1e-5)
    assert max(to_path(point, thin) for point in whole) <= TOLERANCE + 1e-5


def test_what_is_not_there_or_has_no_digits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        import_digits([tmp_path / "gone"])
    with pytest.raises(BadInput, match="no digits in there"):
        import_digits([tmp_path])


def drawn(*points: tuple[int, int]) -> StrokeDigit:
    return StrokeDigit(1, "anna", (np.array(points, np.float32),), 1.0, "test")


def to_path(point: np.ndarray, path: np.ndarray) -> float:
    """Distance of a point from a path of straight pieces."""
    start, along = path[:-1], np.diff(path, axis=0)
    share = ((point - start) * along).sum(1) / np.maximum((along**2).sum(1), 1e-12)
    nearest = start + np.clip(share, 0, 1)[:, None] * along
    return float(np.hypot(*(point - nearest).T).min())
