"""nrtool predict as a user types it: folders, standard input, CSV, pictures with boxes."""

import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.toolchain.reading.test_recognizer import ROOT, page_of
from tests.toolchain.test_cli import call, refused

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


def test_no_picture_is_written_over(folder, capsys):
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    for _ in range(2):
        assert call("predict", folder / "a.png", *EXPORTS, "--annotate", folder) == 0
    assert {path: path.read_bytes() for path in before} == before
    assert sum(path.is_file() for path in folder.iterdir()) == len(before) + 2


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
