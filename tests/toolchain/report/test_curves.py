import itertools
import json
import math
import os
import signal

import pytest
import torch
from PIL import Image

from tests.toolchain.test_cli import call, refused
from toolchain.report import charts, curves
from toolchain.training import loop as training
from toolchain.training.recipes import Recipe


@pytest.fixture(scope="module")
def runs(tmp_path_factory, bank):
    """Two real runs, tiny: one to its end, one stopped in its second epoch."""
    folder = tmp_path_factory.mktemp("runs")
    recipe = Recipe(epochs=3, numbers=32, batch=16, bf16=False)

    def stop(done, loss):
        if done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    def train(name, seed=0, **options):
        job, banks = training.Job("lightweight", recipe, seed), (bank, bank)
        training.train(job, banks, folder / name, device=torch.device("cpu"), **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "VALIDATION_NUMBERS", 16)
        train("whole")
        with pytest.raises(training.Stopped):
            train("cut", on_step=stop, seed=1)
    return folder


def test_a_run_is_drawn(runs, capsys):
    assert call("report", runs / "whole", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["epoch"] for row in said["runs"][0]["epochs"]] == [1, 2, 3]
    picture = Image.open(said["png"])
    assert picture.format == "PNG"
    assert picture.width > 1200
    assert len(picture.convert("RGB").getcolors(picture.width * picture.height)) > 20
    page = (runs / "whole" / "curves.html").read_text()
    assert page.count("<svg") == 4
    assert page.count("<polyline") == 5  # two of them loss
    assert page.count("<circle") == 15
    assert "3 of 3" in page
    for outside in ("http:", "https:", "<script", "<link", "src="):
        assert outside not in page


def test_a_run_that_is_not_at_its_end_is_drawn_with_others(runs, tmp_path, capsys):
    assert call("report", runs / "whole", runs / "cut", "--out", tmp_path) == 0
    assert capsys.readouterr().out.split() == [
        f"{tmp_path}/curves.{kind}" for kind in ("png", "html")
    ]
    page = (tmp_path / "curves.html").read_text()
    assert "1 of 3" in page
    assert "3 of 3" in page
    assert page.count("<polyline") == 10
    assert charts.COLOURS[1] in page
    assert call("report", runs / "whole", runs / "cut") == 0
    assert (runs / "curves.png").is_file()


def test_a_loss_that_is_none_leaves_a_gap(runs, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_bytes((runs / "whole" / "config.json").read_bytes())
    head, *rows = (runs / "whole" / "metrics.csv").read_text().splitlines()
    cells = rows[1].split(",")
    cells[head.split(",").index("train_loss")] = "nan"
    (run / "metrics.csv").write_text("\n".join([head, rows[0], ",".join(cells), rows[2]]))
    history = curves.read(run)
    assert math.isnan(history.epochs[1].train_loss)
    assert [len(line.points) for line in curves.panels([history])[0].lines] == [2, 3]
    curves.write([run], run)


def test_what_is_no_run_is_refused(runs, tmp_path, capsys):
    assert "no run" in refused(capsys, "report", tmp_path / "none")
    young = tmp_path / "young"
    young.mkdir()
    (young / "config.json").write_text("{}")
    assert "first finished epoch" in refused(capsys, "report", young)
    (young / "config.json").write_bytes((runs / "whole" / "config.json").read_bytes())
    head, row, *_ = (runs / "whole" / "metrics.csv").read_text().splitlines()
    endless = ",".join([row.split(",")[0], "9" * 400, *row.split(",")[2:]])
    counts, others = row.split(",")[:2], len(row.split(",")) - 2
    beyond = [",".join(counts + [each] * others) for each in ("-inf", "nan", "1e308")]
    wrong = [f"{head}\n{each}\n" for each in (endless, *beyond)]
    for content in ("epoch\n1\n", "\x00", "", *wrong):
        (young / "metrics.csv").write_text(content)
        assert str(young) in refused(capsys, "report", young)
    assert sorted(path.name for path in young.iterdir()) == ["config.json", "metrics.csv"]


def test_a_logarithmic_axis_has_its_decades():
    axes = charts.Axes([0, 1], [0.01, 10], ("x", "y"), log=True)
    heights = [axes.place((0, value))[1] for value in (0.01, 0.1, 1, 10)]
    steps = [a - b for a, b in itertools.pairwise(heights)]
    assert steps == pytest.approx([steps[0]] * 3)
    assert charts.TOP < heights[-1] < heights[0] < charts.HIGH - charts.BOTTOM
    for tick in ("0.01", "0.1", "1", "10"):
        assert f">{tick}</text>" in axes.svg()
