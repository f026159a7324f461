import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from generator.errors import BadInput
from toolchain.cli import app
from toolchain.training import loop, run
from toolchain.training.ranks import ALONE, Ranks, _Dropout

# Fewer validation numbers than usual, else nothing but what a user starts.
COMMAND = (
    "from toolchain.training import loop; loop.VALIDATION_NUMBERS = 32; "
    "from toolchain.cli import main; main()"
)
TRAIN = ["train", "--variant", "lightweight", "--epochs", "4", "--numbers", "16", "--batch", "16"]
TRAIN += ["--seed", "3", "--set", "recipe.bf16=false", "--device", "cpu", "--json"]


def torchrun(ranks, cwd, *options, command=COMMAND):
    """What a user types, `torchrun nrtool train`."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python"]
    torchrun += ["--nproc-per-node", str(ranks), "--", sys.executable, "-c", command]
    return subprocess.run(
        [*torchrun, *TRAIN, *options],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def train_on(ranks, cwd, *options):
    """The same; returns the JSON and the run's weights."""
    done = torchrun(ranks, cwd, *options)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)  # one rank talks
    return told, load_file(cwd / told["run"] / "last.safetensors")


def close(others, weights):
    """All weights together: Adam divides what is almost nothing by what is almost nothing."""
    assert others.keys() == weights.keys()
    names = [name for name in weights if name.startswith("live.") and "tracked" not in name]
    theirs, mine = (
        torch.cat([held[name].flatten() for name in names]) for held in (others, weights)
    )
    assert (theirs - mine).norm() < 5e-3 * mine.norm()


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process makes of it."""
    return train_on(1, tmp_path_factory.mktemp("alone"), "--run", "one")


@pytest.mark.slow
def test_two_processes_train_as_one_does(tmp_path, alone):
    one, weights = alone
    two, others = train_on(2, tmp_path, "--run", "two")
    # One step an epoch: the first differs by rounding alone, which later ones build upon.
    for mine, theirs, far in zip(one["epochs"], two["epochs"], (1e-6, *3 * [2e-3]), strict=True):
        assert theirs["train_loss"] == pytest.approx(mine["train_loss"], rel=far)
        assert theirs["val_loss"] == pytest.approx(mine["val_loss"], rel=2e-3)
    close(others, weights)
    assert sorted(path.name for path in (tmp_path / "runs" / "two").glob("*.safetensors")) == [
        "best.safetensors",
        "last.safetensors",
        "previous.safetensors",
    ]


class Killed(BaseException):
    """Like a process that is gone between two steps."""


@pytest.mark.slow
def test_a_run_goes_on_with_another_number_of_processes(tmp_path, monkeypatch, alone):
    one, weights = alone

    def cut(*given, on_epoch, **options):
        def after_one(row):
            raise Killed

        return loop.train(*given, on_epoch=after_one, **options)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop, "VALIDATION_NUMBERS", 32)
    monkeypatch.setattr(run, "train", cut)
    with pytest.raises(Killed):
        app([*TRAIN, "--run", "cut"], prog_name="nrtool")
    two, others = train_on(2, tmp_path, "--run", "cut", "--resume")
    assert [row["epoch"] for row in two["epochs"]] == [2, 3, 4]
    for mine, theirs in zip(one["epochs"][1:], two["epochs"], strict=True):
        assert theirs["train_loss"] == pytest.approx(mine["train_loss"], rel=2e-3)
    close(others, weights)


@pytest.mark.slow
def test_processes_that_do_not_see_one_folder_do_not_go_on_with_it(tmp_path):
    for rank in "01":  # as on two machines
        (tmp_path / rank / "runs" / "cut").mkdir(parents=True)
    (tmp_path / "0" / "runs" / "cut" / "last.safetensors").write_bytes(b"a checkpoint")
    apart = f"import os; os.chdir(os.environ['RANK']); {COMMAND}"
    done = torchrun(2, tmp_path, "--run", "cut", "--resume", command=apart)
    assert done.returncode
    assert "not every process finds the same in runs/cut" in " ".join(done.stderr.split())
    assert "starts anew" not in done.stderr


def test_a_batch_is_divided_or_refused():
    rows = [Ranks(rank, 4).rows(12) for rank in range(4)]
    assert [index for each in rows for index in range(12)[each]] == list(range(12))
    assert ALONE.rows(7) == slice(0, 7)
    with pytest.raises(BadInput, match="--batch"):
        Ranks(0, 5).rows(12)


@pytest.mark.parametrize("whole", [torch.rand(8, 33, 64), torch.rand(8, 64, 33).transpose(1, 2)])
def test_masks_are_rows_of_the_one_that_a_single_process_draws(whole):
    torch.manual_seed(5)
    expected = nn.Dropout(0.15)(whole)
    for rank in range(2):
        layer = _Dropout(0.15)
        layer.ranks = Ranks(rank, 2)
        rows = layer.ranks.rows(8)
        torch.manual_seed(5)
        torch.testing.assert_close(layer(whole[rows]), expected[rows], rtol=0, atol=0)
