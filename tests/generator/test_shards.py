import csv
import hashlib
import json
import os

import numpy as np
import pytest
import webdataset
from PIL import Image

from generator.errors import BadInput
from generator.shards import number_text, read_shard, write_numbers, wrong_files
from generator.sheet import contact_sheet


def test_both_formats_hold_the_same_numbers(numbers, tmp_path):
    write_numbers(numbers, 12, tmp_path / "arrays", "npz")
    write_numbers(numbers, 12, tmp_path / "pictures", "png")
    strips, digits = read_shard(tmp_path / "arrays" / "numbers-00000.npz")
    expected = numbers(0, 12)
    np.testing.assert_array_equal(strips, expected.strips)
    np.testing.assert_array_equal(digits, expected.digits)
    with (tmp_path / "pictures" / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == [number_text(row) for row in digits]
    for row, strip in zip(rows, strips, strict=True):
        picture = np.asarray(Image.open(tmp_path / "pictures" / row["file"]))
        np.testing.assert_array_equal(picture, strip[0])


def test_shards_do_not_depend_on_their_size(numbers, tmp_path, monkeypatch):
    monkeypatch.setattr("generator.shards.SHARD", 5)
    write_numbers(numbers, 12, tmp_path / "small")
    parts = [read_shard(path)[0] for path in sorted((tmp_path / "small").glob("*.npz"))]
    assert [len(part) for part in parts] == [5, 5, 2]
    np.testing.assert_array_equal(np.concatenate(parts), numbers(0, 12).strips)


def test_the_manifest_names_every_file_with_its_hash(numbers, tmp_path):
    returned = write_numbers(numbers, 7, tmp_path / "made", "png", preview=True)
    manifest = json.loads((tmp_path / "made" / "manifest.json").read_text())
    assert manifest == json.loads(json.dumps(returned))
    there = {
        str(path.relative_to(tmp_path / "made")): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "made").rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert manifest["sha256"] == there
    assert "preview.png" in there
    assert manifest["seed"] == numbers.seed
    assert [source["origins"] for source in manifest["sources"]] == [["mnist"], ["drawn"]]


def test_an_interrupted_write_leaves_nothing(numbers, tmp_path):
    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_numbers(numbers, 3, tmp_path / "made", on_numbers=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_left_alone(numbers, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadInput, match="--out"):
        write_numbers(numbers, 3, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("target", ["empty", "nowhere"])
def test_a_link_is_refused_before_any_number_is_made(numbers, tmp_path, target):
    made = []
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / target)
    with pytest.raises(BadInput, match="link is a link and cannot be replaced: name a folder in"):
        write_numbers(numbers, 3, tmp_path / "link", on_numbers=made.append)
    assert made == []
    write_numbers(numbers, 3, tmp_path / "empty", on_numbers=made.append)


@pytest.mark.parametrize("content", [b"", b"no shard", b"PK\x03\x04 cut"])
def test_a_damaged_shard_is_named(tmp_path, content):
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(BadInput, match=r"bad\.npz"):
        read_shard(tmp_path / "bad.npz")


def test_a_contact_sheet_shows_every_strip(numbers):
    strips = numbers(0, 9).strips.numpy()
    sheet = np.asarray(contact_sheet(strips, ["x"] * 9, columns=4).convert("L"))
    dark = (sheet == 0).sum()
    assert dark == pytest.approx(4 * (strips == 0).sum(), rel=0.05)


@pytest.mark.parametrize("form", ["npz", "png", "webdataset"])
def test_parts_together_are_the_whole(form, numbers, tmp_path, monkeypatch):
    monkeypatch.setattr("generator.shards.SHARD", 3)
    write_numbers(numbers, 13, tmp_path / "whole", form)
    for part in (2, 3, 1):
        write_numbers(numbers, 13, tmp_path / f"part-{part}", form, part=(part, 3))
    parts = [tmp_path / f"part-{part}" for part in (1, 2, 3)]
    manifests = [json.loads((part / "manifest.json").read_text()) for part in parts]
    assert [(each["first"], each["count"]) for each in manifests] == [(0, 4), (4, 4), (8, 5)]
    read = {"npz": arrays_in, "png": pictures_in, "webdataset": tars_in}[form]
    assert [each for part in parts for each in read(part)] == read(tmp_path / "whole")
    assert len(read(tmp_path / "whole")) == 13


def arrays_in(folder):
    shards = [read_shard(path) for path in sorted(folder.glob("*.npz"))]
    return [
        (strip.tobytes(), number_text(row))
        for strips, digits in shards
        for strip, row in zip(strips, digits, strict=True)
    ]


def pictures_in(folder):
    with (folder / "labels.csv").open() as file:
        return [
            (row["file"], np.asarray(Image.open(folder / row["file"])).tobytes(), row["number"])
            for row in csv.DictReader(file)
        ]


def tars_in(folder):
    """As its own library streams it."""
    urls = sorted(map(str, folder.glob("*.tar")))
    stream = webdataset.WebDataset(urls, shardshuffle=False).decode("l8")
    return [(each["__key__"], each["png"].tobytes(), each["txt"]) for each in stream]


def test_tars_hold_the_strips_and_are_the_same_bytes_each_time(numbers, tmp_path):
    write_numbers(numbers, 4, tmp_path / "a", "webdataset")
    write_numbers(numbers, 4, tmp_path / "b", "webdataset")
    expected = numbers(0, 4)
    assert tars_in(tmp_path / "a") == [
        (f"{index:07d}", strip.numpy().tobytes(), number_text(row))
        for index, (strip, row) in enumerate(
            zip(expected.strips, expected.digits.numpy(), strict=True)
        )
    ]
    one, other = (tmp_path / each / "numbers-00000.tar" for each in "ab")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("part", [(0, 2), (3, 2), (1, 0), (1, 9)])
def test_no_such_part_is_refused(part, numbers, tmp_path):
    with pytest.raises(BadInput, match="--shard"):
        write_numbers(numbers, 8, tmp_path / "made", part=part)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_as_it_was_made_is_named(numbers, tmp_path):
    made = tmp_path / "made"
    write_numbers(numbers, 4, made, "png")
    (made / "strips" / "._0000001.png").write_bytes(b"left by macOS")
    assert wrong_files(made) == []
    (made / "strips" / "0000001.png").unlink()
    (made / "strips" / "0000002.png").write_bytes(b"other")
    (made / "more.png").write_bytes(b"")
    assert wrong_files(made) == ["more.png", "strips/0000001.png", "strips/0000002.png"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": 3}', "[" * 100_000])
def test_a_damaged_manifest_is_refused(text, tmp_path):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadInput, match="no manifest"):
        wrong_files(tmp_path)


def test_a_manifest_that_never_ends_is_refused(tmp_path, monkeypatch):
    with (tmp_path / "manifest.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BadInput, match="no manifest"):
        wrong_files(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_no_manifest(tmp_path):
    os.mkfifo(tmp_path / "manifest.json")
    with pytest.raises(BadInput, match="no manifest"):
        wrong_files(tmp_path)


def test_the_lock_of_one_that_was_killed_when_all_was_written_is_cleared(numbers, tmp_path):
    write_numbers(numbers, 3, tmp_path / "out")
    (tmp_path / ".out.lock").touch()
    with pytest.raises(BadInput, match="there already"):
        write_numbers(numbers, 3, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
