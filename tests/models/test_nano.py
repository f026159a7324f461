import pytest
import torch
from torch import nn

from models import zoo
from models.errors import UnknownVariant
from models.nano import Nano, NanoConfig


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = Nano(NanoConfig())
    made(torch.rand(8, 1, 32, 128))  # batch-norm sees something
    return made.eval()


def multiply_adds(network):
    """Of one strip, by what each convolution gives."""
    counted = []
    hooks = [
        module.register_forward_hook(
            lambda layer, _, out: counted.append(layer.weight.numel() * out[0, 0].numel())
        )
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
    ]
    with torch.no_grad():
        network(torch.zeros(1, 1, 32, 128))
    for hook in hooks:
        hook.remove()
    return sum(counted)


def test_it_is_small(network):
    assert sum(each.numel() for each in network.parameters()) <= 140_000
    assert 1_000_000 < multiply_adds(network) <= 5_000_000


def test_every_fourth_column_has_a_frame(network):
    with torch.no_grad():
        log_probs = network(torch.rand(3, 1, 32, 128))
    assert log_probs.shape == (3, 32, 11)
    torch.testing.assert_close(log_probs.exp().sum(2), torch.ones(3, 32))


def test_a_frame_sees_forty_pixels_either_way(network):
    strip = torch.rand(1, 1, 32, 128, requires_grad=True)
    frame = 16
    network(strip)[0, frame].square().sum().backward()
    seen = strip.grad[0, 0].abs().amax(0).nonzero().flatten()
    middle = 4 * frame + 1  # the border between two columns
    assert middle - seen.min() >= 40
    assert seen.max() + 1 - middle >= 40


def test_it_is_made_of_convolutions_sums_and_relus(network):
    kinds = {type(module) for module in network.modules() if not list(module.children())}
    assert kinds == {nn.Conv2d, nn.BatchNorm2d, nn.ReLU}
    assert not any(
        module.groups > 1 or module.dilation != (1, 1)
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
    )


def test_a_shape_of_ones_own(network):
    wide = Nano(NanoConfig(channels=(4, 8, 8, 16), width=24, blocks=1, kernel=5)).eval()
    with torch.no_grad():
        assert wide(torch.rand(2, 1, 32, 128)).shape == (2, 32, 11)
    assert multiply_adds(wide) < multiply_adds(network)


@pytest.mark.parametrize(("halvings", "frames"), [(0, 64), (1, 32), (2, 16)])
def test_fewer_columns_make_fewer_frames(halvings, frames):
    short = Nano(NanoConfig(halvings=halvings)).eval()
    with torch.no_grad():
        assert short(torch.rand(2, 1, 32, 128)).shape == (2, frames, 11)


def test_the_zoo_builds_it_in_other_shapes():
    assert len([*zoo.build("nano", {"blocks": 1}).cnn]) == len([*zoo.build("nano").cnn]) - 2
    with pytest.raises(UnknownVariant, match="has no hidden"):
        zoo.build("nano", {"hidden": 8})
