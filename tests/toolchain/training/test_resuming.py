"""A run that was stopped, killed or damaged goes on as if nothing had been, or says why not."""

import json
import re

import pytest
import torch
from safetensors.torch import load_file

from generator.errors import BadInput
from generator.splits import in_validation
from models import zoo
from tests.conftest import WRITERS, stroke_line
from tests.toolchain.test_cli import call, refused
from toolchain.data import checkpoint
from toolchain.training import hard_digits, resuming, run
from toolchain.training import loop as training

FILES = ("last.safetensors", "best.safetensors")


@pytest.fixture
def arguments(strokes_folder, tmp_path):
    digits = ("--custom", strokes_folder, "--custom-share", 1, "--runs", tmp_path)
    length = ("--recipe", "quick", "--epochs", 3, "--numbers", 32, "--batch", 16)
    return ("train", "--variant", "lightweight", *length, *digits)


class Killed(BaseException):
    """What no `except` of ours catches."""


@pytest.fixture
def killed_after(monkeypatch):
    """Runs the command and ends it after so many epochs, as if killed."""
    real = run.train

    def kill(epochs, *arguments):
        def deadly(*given, on_epoch, **options):
            def epoch(row):
                on_epoch(row)
                if row.epoch == epochs:
                    raise Killed

            return real(*given, on_epoch=epoch, **options)

        with monkeypatch.context() as patch:
            patch.setattr(run, "train", deadly)
            with pytest.raises(Killed):
                call(*arguments)

    return kill


def same(one, other):
    for name in FILES:
        ours, theirs = load_file(one / name), load_file(other / name)
        assert ours.keys() == theirs.keys()
        assert all(ours[key].equal(theirs[key]) for key in ours), name
    told = [checkpoint.facts(each / FILES[0]) for each in (one, other)]
    for facts in told:
        del facts["commit"]  # somebody may be at work beside the tests
        for row in facts["history"]:
            del row["seconds"], row["numbers_per_second"]
    return told[0] == told[1]


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("harm", [cut, lambda path: path.unlink(), lambda p: p.write_bytes(b"")])
def test_a_damaged_last_falls_back_on_the_one_before(
    arguments, tmp_path, killed_after, capsys, harm
):
    assert call(*arguments, "--run", "whole") == 0
    killed_after(2, *arguments, "--run", "cut")
    harm(tmp_path / "cut" / "last.safetensors")
    capsys.readouterr()
    assert call(*arguments, "--run", "cut", "--resume") == 0
    assert "going on from" in capsys.readouterr().err
    assert same(tmp_path / "whole", tmp_path / "cut")


def test_where_both_are_damaged_it_says_so(arguments, tmp_path, killed_after, capsys):
    killed_after(2, *arguments)
    for name in (resuming.LAST, resuming.PREVIOUS):
        cut(tmp_path / "lightweight" / name)
    capsys.readouterr()
    assert "damaged" in refused(capsys, *arguments, "--resume")


def test_what_is_no_checkpoint_of_a_run_is_refused(arguments, tmp_path, killed_after, capsys):
    killed_after(1, *arguments)
    folder = tmp_path / "lightweight"
    (folder / "last.safetensors").write_bytes((folder / "best.safetensors").read_bytes())
    tensors, facts = checkpoint.load(folder / "best.safetensors")
    del facts["history"]
    checkpoint.save(folder / "last.safetensors", tensors, facts)
    capsys.readouterr()
    assert "nothing that a run goes on from" in refused(capsys, *arguments, "--resume")


def _reshaped(tensors, facts):
    name = next(key for key in tensors if key.startswith("live.") and tensors[key].ndim == 2)
    tensors[name] = tensors[name][1:].clone()


def _moment_reshaped(tensors, facts):
    name = next(key for key in tensors if key.startswith("optimizer.") and tensors[key].ndim == 2)
    tensors[name] = tensors[name][1:].clone()


def _misnamed(tensors, facts):
    tensors |= {"optimizer.0.1": torch.zeros(1), "optimizer.0.x.y": torch.zeros(1)}


def _without_moments(tensors, facts):
    for name in [key for key in tensors if key.startswith("optimizer.")]:
        del tensors[name]


def _of_no_source(tensors, facts):
    facts["data"] = [{"source": []}]


def _before_the_start(tensors, facts):
    facts["step"] = -3


@pytest.mark.parametrize(
    "spoil",
    [_reshaped, _moment_reshaped, _misnamed, _without_moments, _of_no_source, _before_the_start],
)
def test_a_checkpoint_that_does_not_fit_is_refused(
    spoil, arguments, tmp_path, killed_after, capsys
):
    killed_after(1, *arguments)
    last = tmp_path / "lightweight" / resuming.LAST
    tensors, facts = checkpoint.load(last)
    spoil(tensors, facts)
    checkpoint.save(last, tensors, facts)
    (last.parent / resuming.PREVIOUS).unlink(missing_ok=True)
    capsys.readouterr()
    said = refused(capsys, *arguments, "--resume")
    assert ("other digits" if spoil is _of_no_source else "start a new") in said


def test_killed_before_its_first_checkpoint_it_starts_anew(
    arguments, tmp_path, monkeypatch, capsys
):
    assert call(*arguments, "--run", "whole") == 0

    def dies(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(training, "batches", dies)
        with pytest.raises(Killed):
            call(*arguments)
    assert (tmp_path / "lightweight" / "config.json").exists()
    capsys.readouterr()
    assert "there already" in refused(capsys, *arguments, "--run", "lightweight")
    assert call(*arguments, "--resume") == 0
    assert "no checkpoint yet: it starts anew" in capsys.readouterr().err
    assert same(tmp_path / "whole", tmp_path / "lightweight")


def test_killed_before_its_first_checkpoint_it_may_have_another_start(
    arguments, weights, tmp_path, monkeypatch
):
    assert call(*arguments, "--finetune", weights, "--run", "whole") == 0
    other = tmp_path / "other.safetensors"
    checkpoint.save(
        other,
        {f"model.{name}": each for name, each in zoo.build("lightweight").state_dict().items()},
        {"variant": "lightweight"},
    )

    def dies(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(training, "batches", dies)
        with pytest.raises(Killed):
            call(*arguments, "--finetune", other)
    assert call(*arguments, "--finetune", weights, "--resume") == 0
    assert same(tmp_path / "whole", tmp_path / "lightweight")


@pytest.mark.parametrize("again", [True, False])
def test_a_finetuned_run_goes_on_from_its_own_start(
    arguments, weights, tmp_path, killed_after, again
):
    asked = (*arguments, "--set", "recipe.keep=0.5")
    assert call(*asked, "--finetune", weights, "--run", "whole") == 0
    killed_after(1, *asked, "--finetune", weights)
    given = ("--finetune", weights) if again else ()
    assert call(*asked, *given, "--resume") == 0
    assert same(tmp_path / "whole", tmp_path / "lightweight")
    facts = checkpoint.facts(tmp_path / "lightweight" / "best.safetensors")
    assert facts["started_from"].startswith("lightweight")


def test_another_start_is_refused(arguments, weights, tmp_path, killed_after, capsys):
    killed_after(1, *arguments, "--finetune", weights)
    other = tmp_path / "lightweight" / "best.safetensors"
    said = refused(capsys, *arguments, "--finetune", other, "--resume")
    assert "another start (--finetune)" in said
    killed_after(1, *arguments, "--run", "scratch")
    capsys.readouterr()
    said = refused(capsys, *arguments, "--run", "scratch", "--finetune", weights, "--resume")
    assert "start was none, is" in said


def test_without_a_start_nothing_of_it_can_be_kept(arguments, tmp_path, capsys):
    said = refused(capsys, *arguments, "--set", "recipe.keep=0.5")
    assert "name a network by --finetune" in said
    assert list(tmp_path.iterdir()) == []


def test_other_digits_are_refused_and_named(arguments, tmp_path, killed_after, capsys):
    killed_after(1, *arguments)
    capsys.readouterr()
    said = refused(capsys, *arguments, "--custom-share", 0.1, "--procedural-share", 0.9, "--resume")
    assert "other digits" in said
    assert re.search(r"data\.\w+\.share was 1.0, is 0.1", said)
    assert "data.procedural was none, is there" in said
    before = json.loads((tmp_path / "lightweight" / "config.json").read_text())
    assert call(*arguments, "--resume") == 0
    assert json.loads((tmp_path / "lightweight" / "config.json").read_text()) == before


def test_another_recipe_is_named_field_by_field(arguments, killed_after, capsys):
    killed_after(1, *arguments)
    capsys.readouterr()
    said = refused(capsys, *arguments, "--epochs", 7, "--resume")
    assert "recipe.epochs was 3, is 7" in said
    assert "recipe.batch" not in said


def test_another_number_of_threads_is_said(arguments, killed_after, capsys, monkeypatch):
    killed_after(1, *arguments)
    monkeypatch.setattr(run.torch, "get_num_threads", lambda: 61)
    assert call(*arguments, "--resume") == 0
    said = capsys.readouterr().err
    assert "goes on on 61 cores" in said
    assert "not the same to the last bit" in said


def test_other_digits_to_judge_by_are_refused(arguments, tmp_path, killed_after, capsys):
    held, trained = (
        next(writer for writer in WRITERS if in_validation(writer.encode()) == is_held)
        for is_held in (True, False)
    )
    mine = tmp_path / "mine.jsonl"
    mine.write_text("".join(stroke_line(3, each) + "\n" for each in (held, trained)))
    asked = (*arguments[: arguments.index("--custom")], "--custom", mine, "--runs", tmp_path)
    killed_after(1, *asked)
    last = tmp_path / "lightweight" / resuming.LAST
    with mine.open("a") as file:
        file.write(stroke_line(7, held) + "\n")
    capsys.readouterr()
    said = refused(capsys, *asked, "--resume")
    assert "other digits to judge it by" in said
    assert "validation.mine.digits was 1, is 2" in said
    tensors, facts = checkpoint.load(last)
    del facts["validation"]  # as in checkpoints of before
    checkpoint.save(last, tensors, facts)
    assert call(*asked, "--resume") == 0


def test_of_sources_that_share_a_name_what_differs_is_said():
    before = [{"source": "drawn", "digits": 3}, {"source": "drawn", "digits": 4}]
    now = [{"source": "drawn", "digits": 5}, {"source": "drawn", "digits": 4}]
    assert list(resuming.differences(before, now, "data")) == ["data.drawn.digits was 3, is 5"]
    assert list(resuming.differences(before, before[:1], "data")) == [
        "data.drawn-2 was there, is none"
    ]


def test_the_same_sources_in_another_order_are_refused_as_that(tmp_path):
    held = [{"source": "a"}, {"source": "b"}]
    with pytest.raises(BadInput, match=r"other digits \(in another order\)"):
        resuming.insist_on_same(tmp_path, {"data": held}, {"data": held[::-1]})


@pytest.mark.parametrize("again", ["gone", "another"])
def test_who_judged_is_asked_once_and_kept(
    arguments, weights, tmp_path, killed_after, monkeypatch, again
):
    monkeypatch.setattr(
        hard_digits, "misread", lambda model, numbers, *_: torch.ones(len(numbers.bank))
    )
    judge = tmp_path / "judge.safetensors"
    judge.write_bytes(weights.read_bytes())
    asked = (*arguments, "--set", "recipe.focus=0.5", "--set", f"run.judge={judge}")
    killed_after(1, *asked)
    last = tmp_path / "lightweight" / resuming.LAST
    before = checkpoint.facts(last)
    tensors, facts = checkpoint.load(judge)
    judge.unlink()
    if again == "another":
        checkpoint.save(judge, tensors, {**facts, "commit": "another"})
    assert call(*asked, "--resume") == 0
    after = checkpoint.facts(last)
    assert after["step"] > before["step"]
    assert after["judge"] == before["judge"]
