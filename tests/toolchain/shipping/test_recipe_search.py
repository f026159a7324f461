import pytest

from generator.errors import BadInput
from generator.numbers import NumberGenerator
from toolchain.errors import FellShort
from toolchain.shipping import quantize
from toolchain.shipping.quantize import RECIPES, known
from toolchain.shipping.recipe_search import Candidate, choose, on_front, search


def candidate(name, size=25, time=0.3, mismatches=3, within=True):
    share, loss = size / 100, mismatches / 100
    return Candidate(name, "", size, share, time, time, 98, loss, 0, mismatches, 1, within, False)


def test_the_closest_of_the_cheapest_wins():
    near = [candidate("a"), candidate("b", time=0.32, mismatches=1), candidate("c", size=60)]
    assert choose(near).name == "b"
    assert choose([*near, candidate("d", time=0.1, mismatches=9)]).name == "d"


def test_what_so_few_mismatches_cannot_tell_apart_the_size_decides():
    large, small = candidate("large", size=27, mismatches=5), candidate("small", mismatches=7)
    assert choose([large, small]).name == "small"
    assert choose([large, candidate("small", mismatches=8)]).name == "large"
    same = [candidate("a", size=25.01, mismatches=6), candidate("b", mismatches=7)]
    assert choose(same).name == "a", "a hundredth of a percent is no difference"


def test_the_front_leaves_out_what_another_beats_in_everything():
    marked = on_front([candidate("a"), candidate("b", size=26, mismatches=4), candidate("c", 20)])
    assert [each.name for each in marked if each.front] == ["c"]
    assert on_front([candidate("a"), candidate("b")])[1].front, "equals do not beat each other"


def test_nothing_within_the_bounds_is_no_release():
    with pytest.raises(FellShort, match=r"gate 'recipe'.*a: 25% of the size"):
        choose([candidate("a", within=False)])


def test_a_recipe_must_be_known():
    with pytest.raises(BadInput, match="choose auto, none, mixed"):
        known("best")


@pytest.mark.slow
def test_a_search_builds_measures_and_chooses(float32, bank, tmp_path):
    steps = []
    found = search(
        float32,
        tmp_path,
        NumberGenerator(bank),
        ["mixed", "dynamic"],
        loss_bound=100,
        count=100,
        on_step=lambda done, name: steps.append(name),
    )
    assert steps == ["mixed", "dynamic", "measuring"]
    assert [each.name for each in found.candidates] == ["mixed", "dynamic"]
    assert {each.name for each in found.candidates} < set(RECIPES)
    mixed = found.candidates[0]
    assert mixed.size == (tmp_path / "mixed.onnx").stat().st_size
    assert mixed.size_share < 0.26
    assert found.winner in ("mixed", "dynamic")
    assert (tmp_path / f"{found.winner}.onnx").is_file()


@pytest.mark.slow
def test_a_recipe_that_does_not_fit_is_left_out(float32, bank, tmp_path, monkeypatch, capsys):
    build = quantize.quantize_static
    fits = iter([False, True, False])

    def quantizing(*arguments, **options):
        print("what the quantiser counts is nobody's JSON")
        if not next(fits):
            raise ValueError("Too many bins for data range")
        build(*arguments, **options)

    monkeypatch.setattr(quantize, "quantize_static", quantizing)
    numbers = NumberGenerator(bank)
    found = search(float32, tmp_path, numbers, ["mixed", "mixed-first"], 100, 20)
    assert [each.name for each in found.candidates] == ["mixed-first"]
    assert "Too many bins" in found.refused["mixed"]
    assert capsys.readouterr().out == ""
    with pytest.raises(FellShort, match="the int8 recipe mixed does not fit"):
        search(float32, tmp_path, numbers, ["mixed"], 100, 20)
