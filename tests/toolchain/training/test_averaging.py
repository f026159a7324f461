import pytest
import torch

from generator.errors import BadInput
from models import zoo
from toolchain.data import checkpoint
from toolchain.training.accuracy import evaluate
from toolchain.training.averaging import average, mean


@pytest.fixture
def runs(weights, tmp_path):
    """A network, one shaken a little, and one that reads nothing."""
    trained, facts = checkpoint.load_model(weights)
    made = []
    for name, noise in (("near", 0.002), ("start", 0.0), ("far", 1.0)):
        torch.manual_seed(1)
        state = {
            f"model.{key}": value + noise * torch.randn_like(value)
            if value.is_floating_point() and "running" not in key
            else value
            for key, value in trained.state_dict().items()
        }
        (tmp_path / name).mkdir()
        made.append(tmp_path / name / "best.safetensors")
        checkpoint.save(made[-1], state, {**facts, "step": len(made), "seed": len(made)})
    return made


def test_only_what_lowers_the_loss_is_taken(runs, numbers):
    made = average(runs, numbers.bank, 200)
    taken = {each.path: each.taken for each in made.tried}
    assert not taken[str(runs[2])]
    assert made.score.loss <= min(each.score.loss for each in made.tried)
    assert [each["run"] for each in made.facts["averaged"]] == [
        each.path.split("/")[-2] for each in made.tried if each.taken
    ]
    steps = {str(path): step for step, path in enumerate(runs, 1)}
    assert [each["step"] for each in made.facts["averaged"]] == [
        steps[each.path] for each in made.tried if each.taken
    ]


def test_all_are_taken_as_often_as_they_are_named_where_that_is_asked(runs, numbers):
    near, start, far = (checkpoint.load_model(path)[0].state_dict() for path in runs)
    made = average([runs[0], runs[1], runs[1], runs[2]], numbers.bank, 100, take_all=True)
    assert len(made.facts["averaged"]) == 4
    assert made.facts["seed"] == 2, "what else it says is of the one with most of the mean"
    assert made.facts["told_of"] == {"run": runs[1].parent.name, "step": 2, "seed": 2}
    for name, value in made.model.state_dict().items():
        if value.is_floating_point():
            weighted = (near[name] + 2 * start[name] + far[name]) / 4
            torch.testing.assert_close(value, weighted)


def test_what_an_average_was_made_of_is_kept_by_the_next(runs, numbers, tmp_path):
    first = average(runs[:2], numbers.bank, 100)
    path = tmp_path / "mean" / "best.safetensors"
    path.parent.mkdir()
    state = {f"model.{key}": value for key, value in first.model.state_dict().items()}
    checkpoint.save(path, state, first.facts)
    again = average([path, runs[2]], numbers.bank, 100)
    assert again.facts["told_of"] == first.facts["told_of"]
    (kept,) = again.facts["averaged"]
    assert kept["run"] == "mean"
    assert kept["averaged"] == first.facts["averaged"]


def test_the_mean_lies_between(weights):
    first, second = (zoo.build("lightweight") for _ in range(2))
    mixed = mean([first, second]).state_dict()
    for name, value in first.state_dict().items():
        if value.is_floating_point():
            assert torch.allclose(mixed[name], (value + second.state_dict()[name]) / 2)


def test_networks_of_two_kinds_or_one_alone_are_no_average(runs, numbers, tmp_path):
    with pytest.raises(BadInput, match="two checkpoints"):
        average(runs[:1], numbers.bank, 20)
    other = zoo.build("optimized").state_dict()
    path = tmp_path / "other.safetensors"
    checkpoint.save(path, {f"model.{k}": v for k, v in other.items()}, {"variant": "optimized"})
    with pytest.raises(BadInput, match="not 'lightweight'"):
        average([runs[0], path], numbers.bank, 20)


def test_what_is_read_is_the_average_itself(runs, numbers):
    made = average(runs[:2], numbers.bank, 100)
    again = evaluate(made.model, type(numbers)(numbers.bank, 7_000_003)(0, 100))
    assert again.right == pytest.approx(made.score.right, abs=2)
    assert again.loss == pytest.approx(made.score.loss, rel=0.05)
