import torch

from generator.hashing import hash_uniform, named


def test_the_hash_is_pinned():
    # Other machines and GPUs must make the same numbers, so these values never change.
    drawn = (hash_uniform(7, torch.tensor([0, 1, 2**40]), 3) * 2**24).long()
    assert drawn.tolist() == [
        [9056858, 7637329, 16143153],
        [7213490, 11476555, 9331982],
        [11990804, 10003354, 2579546],
    ]


def test_the_hash_is_uniform_and_its_slots_are_independent():
    drawn = hash_uniform(3, torch.arange(200_000), 4)
    assert (drawn.mean(0) - 0.5).abs().max() < 0.005
    assert (drawn.T.corrcoef() - torch.eye(4)).abs().max() < 0.01
    assert drawn.min() >= 0
    assert drawn.max() < 1


def test_slots_have_names():
    drawn = torch.arange(6).view(2, 3)
    slots = named(drawn, ("first", "second"))
    assert slots["second"].tolist() == [1, 4]
    assert set(slots) == {"first", "second"}
