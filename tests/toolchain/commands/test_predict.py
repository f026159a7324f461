"""nrtool predict as a user types it: folders, standard input, CSV, pictures with boxes."""

import csv
import errno
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps, ImageShow

from tests.toolchain.reading.test_recognizer import ROOT, page_of
from tests.toolchain.test_cli import call, refused
from toolchain.reading import pictures

EXPORTS = ("--exports", ROOT / "exports")


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "pictures" / "deeper"
    inside.mkdir(parents=True)
    two = page_of(("407", 40, 40, 90), ("25", 60, 230, 90))
    ImageOps.invert(two).save(tmp_path / "pictures" / "a.png")
    ImageOps.invert(page_of(("8", 40, 40, 90))).save(inside / "a.webp")
    (tmp_path / "pictures" / "notes.txt").write_text("no picture")
    return tmp_path / "pictures"


def test_a_folder_gives_every_number_as_json(folder, capsys):
    assert call("predict", folder, *EXPORTS, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(entry["image"], entry["number"]) for entry in found] == [
        (str(folder / "a.png"), "407"),
        (str(folder / "a.png"), "25"),
        (str(folder / "deeper" / "a.webp"), "8"),
    ]
    first = found[0]
    assert first["box"][0] == first["digits"][0]["box"][0]
    assert [digit["digit"] for digit in first["digits"]] == ["4", "0", "7"]


def test_csv_has_a_line_for_each_number(folder, capsys):
    assert call("predict", folder, *EXPORTS, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["number"] for row in rows] == ["407", "25", "8"]
    assert all(0 < float(row["confidence"]) <= 1 for row in rows)
    assert int(rows[0]["left"]) < int(rows[0]["right"])


def test_csv_leaves_the_ends_of_lines_to_the_system(folder, capsys):
    assert call("predict", folder / "a.png", *EXPORTS, "--csv") == 0
    assert "\r" not in capsys.readouterr().out  # where "\n" becomes "\r\n", there would be two


def test_what_a_folder_holds_and_cannot_be_read_is_told(folder, capsys):
    (folder / "._a.png").write_bytes(b"\0\5\x16\7")
    assert call("predict", folder, *EXPORTS) == 0
    (folder / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(12))
    (folder / "icon.svg").write_text("<svg/>")
    capsys.readouterr()
    assert call("predict", folder, *EXPORTS) == 2
    said = capsys.readouterr()
    assert all(number in said.out for number in ("407", "25", "8"))
    assert "IMG_1.HEIC" in said.err
    assert "icon.svg" in said.err
    assert "2 of 4 pictures could not be read" in said.err


def test_a_picture_that_holds_one_number_is_read_as_one(folder, capsys):
    spread = page_of(("4", 20, 40, 90), ("7", 180, 40, 90), ("2", 520, 40, 90))
    spread.save(folder / "spread.png")
    numbers = []
    for option in ((), ("--one",)):
        assert call("predict", folder / "spread.png", *EXPORTS, "--json", *option) == 0
        numbers.append([each["number"] for each in json.loads(capsys.readouterr().out)])
    assert numbers == [["4", "7", "2"], ["472"]]


def test_standard_input(folder):
    with (folder / "a.png").open("rb") as picture:
        done = subprocess.run(
            [sys.executable, "-m", "toolchain.cli", "predict", "-", *map(str, EXPORTS), "--json"],
            stdin=picture,
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    assert [entry["number"] for entry in json.loads(done.stdout)] == ["407", "25"]


def test_annotated_copies_carry_boxes_and_keep_apart(folder, tmp_path, capsys):
    out = tmp_path / "shown"
    assert call("predict", folder, *EXPORTS, "--annotate", out) == 0
    assert sorted(path.name for path in out.iterdir()) == ["a-2.png", "a.png"]
    before = np.asarray(Image.open(folder / "a.png").convert("RGB")).astype(int)
    after = np.asarray(Image.open(out / "a.png").convert("RGB")).astype(int)
    assert before.shape == after.shape
    coloured = np.ptp(after, axis=2) > 60
    assert coloured[25:140, 20:300].sum() > 500  # around the 407
    assert not coloured[:, 450:].any()
    assert "407" in capsys.readouterr().out


def test_an_annotated_copy_never_takes_the_place_of_what_is_there(folder, monkeypatch, capsys):
    inside = folder / "deeper"
    ImageOps.invert(page_of(("8", 40, 40, 90))).save(inside / "a.png")
    before = {path.name: path.read_bytes() for path in inside.iterdir()}
    monkeypatch.chdir(inside)
    for copies in (["a-2.png"], ["a-2.png", "a-3.png"]):
        assert call("predict", "a.png", *EXPORTS, "--annotate", ".") == 0
        assert sorted(path.name for path in inside.iterdir()) == sorted([*before, *copies])
    assert all((inside / name).read_bytes() == content for name, content in before.items())
    assert "8" in capsys.readouterr().out


def test_a_copy_that_cannot_be_written_leaves_nothing(folder, tmp_path, monkeypatch, capsys):
    def full(self, file, *arguments):
        file.write_bytes(b"half a picture")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Image.Image, "save", full)
    assert call("predict", folder / "a.png", *EXPORTS, "--annotate", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert "407" in said.out, "what was read is told"
    assert said.err.startswith("nrtool: ")
    assert "No space left" in said.err
    assert list((tmp_path / "out").iterdir()) == []


def test_one_bad_picture_does_not_keep_the_others(folder, capsys):
    (folder / "broken.png").write_bytes(b"no")
    (folder / "empty.png").write_bytes(b"")
    assert call("predict", folder, *EXPORTS, "--json") == 2
    said = capsys.readouterr()
    assert len(json.loads(said.out)) == 3
    assert "2 of 4 pictures could not be read" in said.err
    assert "broken.png" in said.err
    assert "Traceback" not in said.err


def test_wrong_use_is_refused(folder, tmp_path, capsys):
    assert "choose one" in refused(capsys, "predict", folder, *EXPORTS, "--json", "--csv")
    (tmp_path / "bare").mkdir()
    assert "no pictures" in refused(capsys, "predict", tmp_path / "bare", *EXPORTS)


def test_json_is_json_where_nothing_could_be_read(tmp_path, capsys):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    assert call("predict", tmp_path / "bad.png", *EXPORTS, "--json") == 2
    assert json.loads(capsys.readouterr().out) == []


def test_who_stops_it_keeps_what_was_read(folder, monkeypatch, capsys):
    def stopped(path):
        if path.suffix == ".webp":
            raise KeyboardInterrupt
        return real(path)

    real = pictures.open_named
    monkeypatch.setattr(pictures, "open_named", stopped)
    assert call("predict", folder, *EXPORTS, "--csv") == 130
    assert "407" in capsys.readouterr().out


def test_long_names_are_printed_whole(folder, capsys):
    long = folder / ("a-long-name-" * 15 + ".png")
    (folder / "a.png").rename(long)
    assert call("predict", long, *EXPORTS) == 0
    said = capsys.readouterr().out
    assert "\u2026" not in said
    assert "".join(line.split()[0] for line in said.splitlines()[1:]).count("long") >= 14


def test_without_a_viewer_it_says_so(folder, monkeypatch, capsys):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(ImageShow, "_viewers", [])
    assert call("predict", folder / "a.png", *EXPORTS, "--show") == 2
    assert "--annotate" in capsys.readouterr().err
