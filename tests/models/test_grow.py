from pathlib import Path

import pytest
import torch

from generator.digits import DigitBank
from models import grow, zoo
from models.errors import UnknownVariant
from toolchain.data.checkpoint import load_model
from toolchain.data.samples import to_judge
from toolchain.training.accuracy import evaluate

EXPORTS = Path(__file__).parents[2] / "exports"


def test_growing_keeps_what_the_convolutions_and_the_first_lstm_compute(monkeypatch):
    monkeypatch.setattr(grow, "NOISE", 0.0)
    torch.manual_seed(0)
    narrow, wide = zoo.build("optimized"), zoo.build("base").eval()
    strips = torch.rand(8, 1, 32, 128)
    narrow(strips)  # gives the batch-norms statistics of their own
    narrow.eval()
    grow.grow(narrow, wide)
    with torch.no_grad():
        few, many = narrow.cnn(strips), wide.cnn(strips)
        torch.testing.assert_close(many, torch.cat([few, few], 1), rtol=1e-3, atol=1e-4)
        first = [m.rnn[0].lstm(x.flatten(1, 2).mT)[0] for m, x in ((narrow, few), (wide, many))]
    torch.testing.assert_close(first[1], first[0], rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("lstms", [1, 2, 4])
def test_the_grown_network_starts_by_reading_what_the_narrow_one_does(mnist_val, lstms):
    torch.manual_seed(0)
    narrow = load_model(EXPORTS / "optimized" / "optimized.safetensors")[0].eval()
    wide = grow.grow(narrow, zoo.build("base", {"lstm_layers": lstms})).eval()
    numbers = to_judge("optimized", DigitBank([mnist_val]), 0)(0, 200)
    few, many = (evaluate(network, numbers) for network in (narrow, wide))
    assert few.accuracy > 0.95
    assert many.accuracy > few.accuracy - 0.02
    assert many.loss < few.loss + 0.1


def test_lstms_that_need_not_grow_are_kept_as_they_are():
    narrow, wide = zoo.build("lightweight"), zoo.build("lightweight")
    grow.grow(narrow, wide)
    for mine, theirs in zip(wide.rnn.parameters(), narrow.rnn.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_noise_sets_the_copies_apart():
    narrow, wide = zoo.build("optimized"), zoo.build("base")
    grow.grow(narrow, wide)
    weight = wide.cnn[0].weight
    assert not torch.equal(weight[: len(weight) // 2], weight[len(weight) // 2 :])


def test_networks_of_another_depth_are_refused():
    with pytest.raises(UnknownVariant, match="start from the same variant"):
        grow.grow(zoo.build("lightweight"), zoo.build("base"))
    with pytest.raises(UnknownVariant, match="1 LSTMs do not grow from 2"):
        grow.grow(zoo.build("base"), zoo.build("base", {"lstm_layers": 1}))
    few = {"hidden": 8}
    with pytest.raises(UnknownVariant, match="8 LSTM units are too few"):
        grow.grow(zoo.build("optimized", few), zoo.build("base", few))


def test_longer_numbers_start_with_what_shorter_ones_know():
    few, many = zoo.build("positions-1"), zoo.build("positions-3")
    grow.grow(few, many)
    for mine, theirs in zip(many.cnn.parameters(), few.cnn.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    for head in many.heads:
        for mine, theirs in zip(head.parameters(), few.heads[0].parameters(), strict=True):
            assert torch.equal(mine, theirs)


def test_a_joint_decoder_starts_with_the_convolutions_alone():
    few, many = zoo.build("positions-2"), zoo.build("fixed-2")
    before = many.heads[0][1].weight.clone()
    grow.grow(few, many)
    assert torch.equal(many.cnn[0].weight, few.cnn[0].weight)
    assert torch.equal(many.heads[0][1].weight, before)


def test_a_joint_decoder_with_units_enough_starts_by_computing_what_the_places_do():
    places, joint = zoo.build("positions-4").eval(), zoo.build("fixed-4").eval()
    strips = torch.rand(6, 1, 32, 128)
    grow.grow(places, joint)
    with torch.no_grad():
        apart, at_once = places(strips), joint(strips)
    # The number 4071: the places' probabilities multiply.
    product = apart[:, 0, 4] + apart[:, 1, 0] + apart[:, 2, 7] + apart[:, 3, 1]
    torch.testing.assert_close(at_once[:, 0, 4071], product, rtol=1e-4, atol=1e-4)
    assert torch.equal(joint.decoder.decode(at_once), places.decoder.decode(apart))
