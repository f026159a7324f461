import pytest
import torch

from models import zoo
from models.errors import UnknownVariant


@pytest.mark.parametrize(
    ("variant", "parameters", "frames"),
    [("base", 8_317_643, 33), ("optimized", 2_447_339, 33), ("lightweight", 2_077_563, 34)],
)
def test_shapes_and_sizes_are_the_published_ones(variant, parameters, frames):
    model = zoo.build(variant).eval()
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    with torch.no_grad():
        log_probs = model(torch.rand(2, 1, 32, 128))
    assert log_probs.shape == (2, frames, 11)
    torch.testing.assert_close(log_probs.exp().sum(2), torch.ones(2, frames))


def test_an_unknown_variant_names_those_there_are():
    with pytest.raises(UnknownVariant, match="base, optimized, lightweight"):
        zoo.build("huge")
