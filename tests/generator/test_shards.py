import csv
import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from generator.errors import BadInput
from generator.shards import number_text, read_shard, write_numbers
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
