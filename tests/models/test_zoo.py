import itertools

import pytest
import torch

from models import zoo
from models.decoders import Positions

SIDES = {"strip": (32, 128), "square": (28, 28)}


def parameters(variant):
    return sum(parameter.numel() for parameter in zoo.build(variant).parameters())


@pytest.mark.parametrize("variant", zoo.VARIANTS)
def test_every_variant_reads_what_it_says(variant):
    known, model = zoo.find(variant), zoo.build(variant).eval()
    with torch.no_grad():
        log_probs = model(torch.rand(3, 1, *SIDES[known.input]))
    torch.testing.assert_close(log_probs.exp().sum(2), torch.ones(log_probs.shape[:2]))
    shortest, longest = known.digits
    digits = torch.full((3, longest), 7)
    assert 0 < float(model.decoder.loss(log_probs, digits)) < 100
    assert model.decoder.posterior(log_probs, digits).shape == (3,)
    decoded = model.decoder.decode(log_probs)
    assert decoded.shape[1] >= longest
    if shortest == longest:
        assert bool((decoded >= 0).all())


def test_compact_is_compact():
    assert parameters("compact") <= 16_500


def test_places_grow_linearly_and_joint_classes_tenfold():
    sizes = [parameters(f"positions-{count}") for count in range(1, 6)]
    steps = {b - a for a, b in itertools.pairwise(sizes)}
    assert len(steps) == 1
    for count in range(1, 5):
        assert zoo.build(f"fixed-{count}").heads[0][-1].out_features == 10**count


def test_numbers_that_share_digits_start_alike():
    classes = zoo.build("fixed-3").heads[0][-1].weight
    torch.testing.assert_close(classes[123] - classes[23], classes[145] - classes[45])
    alike = torch.cosine_similarity(classes[123], classes[124], 0)
    assert alike > 0.5 > torch.cosine_similarity(classes[123], classes[456], 0)


@pytest.mark.parametrize("variant", ["positions-2", "fixed-2"])
def test_only_the_columns_in_which_the_digits_stand_are_read(variant):
    model = zoo.build(variant).eval()
    strip = torch.rand(1, 1, 32, 128)
    other = strip.clone()
    other[..., : 128 - model.width] = 0
    with torch.no_grad():
        torch.testing.assert_close(model(strip), model(other), rtol=0, atol=0)
        other[..., -5] += 1
        assert not torch.equal(model(strip), model(other))


def test_a_network_without_an_lstm_knows_its_decoder():
    assert zoo.build("fcnn").decoder == Positions(1)
