import pytest

from generator.errors import BadInput
from toolchain.training.recipes import RECIPES, adapt, learning_rate


def test_one_cycle_rises_then_falls_to_nearly_nothing():
    recipe = RECIPES["short"]
    rates = [learning_rate(recipe, step) for step in range(recipe.steps)]
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert max(rates) == pytest.approx(recipe.learning_rate, rel=1e-3)
    assert rates[-1] < 0.01 * recipe.learning_rate


def test_the_earlier_recipe_is_as_published():
    earlier = RECIPES["earlier"]
    assert (earlier.epochs, earlier.numbers, earlier.batch) == (75, 120_000, 64)
    assert learning_rate(earlier, 0) == 1e-3
    assert learning_rate(earlier, earlier.steps - 1) == 1e-3


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [("best", {}, "choose one of full"), ("quick", {"numbers": 8}, "raise --numbers")],
)
def test_a_recipe_that_cannot_be_is_refused(name, changes, message):
    with pytest.raises(BadInput, match=message):
        adapt(name, False, changes)
