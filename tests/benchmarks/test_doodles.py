import numpy as np
import pytest

from benchmarks import doodles

WAYS = (
    *(doodles.spiral, doodles.zigzag, doodles.hatching, doodles.loops),
    *(doodles.person, doodles.house, doodles.star, doodles.heart, doodles.tree, doodles.flower),
)


@pytest.mark.parametrize("draw", [doodles.scribble, doodles.figure])
def test_a_drawing_is_a_function_of_its_seed_and_stays_on_the_canvas(draw):
    pictures = [np.asarray(draw(np.random.default_rng(seed))) for seed in (1, *range(20))]
    np.testing.assert_array_equal(pictures[0], pictures[2])
    assert (pictures[1] != pictures[2]).any()
    for each in pictures:
        assert each.shape == (doodles.SIDE, doodles.SIDE)
        assert (each == 0).mean() > 0.005
        rim = np.concatenate([each[0], each[-1], each[:, 0], each[:, -1]])
        assert (rim == 255).all()


@pytest.mark.parametrize("way", [doodles.spiral, doodles.loops])
def test_a_scribble_turns_more_often_than_any_digit(way):
    for seed in range(20):
        [stroke] = way(np.random.default_rng(seed))
        steps = np.diff(stroke)
        turns = np.abs(np.angle(steps[1:] / steps[:-1]).sum()) / (2 * np.pi)
        assert turns > 2


@pytest.mark.parametrize("way", WAYS)
def test_every_way_draws_strokes(way):
    for stroke in way(np.random.default_rng(0)):
        assert np.iscomplexobj(stroke)
        assert np.isfinite(stroke).all()
        assert len(stroke) >= 2
