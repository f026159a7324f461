"""Growing a larger network from a trained one (Chen et al. 2015, "Net2Net", arXiv:1511.05641).

A network for longer numbers starts with the convolutions of one for shorter ones, and with its
fully connected layers at every place where they fit. One with a class a number that has as many
units as one with a class a place starts by computing the same: the probability of a number is the
product of its digits'. A CRNN grows in width: every channel of the wide network starts as a copy
of a narrow one's, and what reads it takes its share of the weight, so that the convolutions and the
first LSTM compute what they did before.
"""

import torch
from torch import Tensor, nn

from models.crnn import CRNN
from models.decoders import BASE, Joint, Network, Positions
from models.errors import UnknownVariant
from models.fixed import CHANNELS, ROWS, STRIDE, FixedCNN

NOISE = 0.1  # relative; copies that were exactly alike would stay alike for ever


@torch.no_grad()
def grow(narrow: Network, wide: Network) -> Network:
    """Fill `wide` from `narrow` and return it; layers that `narrow` lacks keep their own start.

    Raises:
        UnknownVariant: the two are neither CRNNs of the same depth, each convolution at least as
            wide, each LSTM as wide; nor both of known length.
    """
    if isinstance(narrow, FixedCNN) and isinstance(wide, FixedCNN):
        return _longer(narrow, wide)
    if not (isinstance(narrow, CRNN) and isinstance(wide, CRNN)):
        raise UnknownVariant("this grows from its own kind alone: start from the same variant")
    few, many = narrow.config.channels, wide.config.channels
    if len(few) != len(many) or any(a > b for a, b in zip(few, many, strict=True)):
        raise UnknownVariant(f"channels {many} do not grow from {few}: start from the same variant")
    if narrow.config.hidden != wide.config.hidden:
        raise UnknownVariant(
            f"{wide.config.hidden} LSTM units do not grow from {narrow.config.hidden}: "
            "give both the same"
        )
    for source, target in zip(narrow.cnn, wide.cnn, strict=True):
        if isinstance(source, nn.Conv2d) and isinstance(target, nn.Conv2d):
            target.weight.copy_(_widened(source.weight, target.weight))
        elif isinstance(source, nn.BatchNorm2d):
            for key, value in target.state_dict().items():
                if value.ndim:
                    copies = torch.arange(len(value)) % source.num_features
                    value.copy_(source.state_dict()[key][copies])
    # The first LSTM reads the convolutions alone, whatever follows it.
    goals = wide.rnn[0].get_submodule("lstm").state_dict()
    for name, weight in narrow.rnn[0].get_submodule("lstm").state_dict().items():
        goal = goals[name]
        goal.copy_(_widened(weight, goal) if name.startswith("weight_ih") else weight)
    return wide


def _longer(few: FixedCNN, many: FixedCNN) -> FixedCNN:
    many.cnn.load_state_dict(few.cnn.state_dict())
    if (
        isinstance(few.decoder, Positions)
        and isinstance(many.decoder, Joint)
        and few.decoder.count == many.decoder.count
        and sum(_units(head) for head in few.heads) == _units(many.heads[0])
    ):
        return _joined(few, many)
    known = few.heads[0].state_dict()
    for head in many.heads:
        if all(value.shape == known[name].shape for name, value in head.state_dict().items()):
            head.load_state_dict(known)
    return many


def _joined(places: FixedCNN, joint: FixedCNN) -> FixedCNN:
    """The units of all places side by side; a number's weights are those of its digits."""
    first, last = _layers(joint.heads[0])
    maps = first.weight.zero_().view(-1, CHANNELS[-1], ROWS, joint.width // STRIDE)
    last.bias.zero_()
    numbers = torch.arange(last.out_features)
    unit, power = 0, last.out_features
    for head, (start, wide) in zip(places.heads, places.windows, strict=True):
        inner, outer = _layers(head)
        mine = slice(unit, unit + inner.out_features)
        window = inner.weight.view(-1, CHANNELS[-1], ROWS, wide)
        maps[mine, :, :, start : start + wide] = window
        first.bias[mine] = inner.bias
        power //= BASE
        digits = numbers // power % BASE
        last.weight[:, mine] = outer.weight[digits]
        last.bias.add_(outer.bias[digits])
        unit = mine.stop
    return joint


def _units(head: nn.Module) -> int:
    return _layers(head)[0].out_features


def _layers(head: nn.Module) -> tuple[nn.Linear, nn.Linear]:
    """The two fully connected layers of a head."""
    first, last = (each for each in head.modules() if isinstance(each, nn.Linear))
    return first, last


def _widened(weight: Tensor, like: Tensor) -> Tensor:
    """Copies along both channel axes (0: out, 1: in), each input's weight shared by its copies."""
    out, into = torch.arange(len(like)), torch.arange(like.shape[1])
    copies = torch.bincount(into % weight.shape[1])[into % weight.shape[1]]
    shared = weight[out % len(weight)][:, into % weight.shape[1]]
    shared = shared / copies.view(1, -1, *[1] * (weight.ndim - 2))
    return shared * (1 + NOISE * torch.randn_like(shared))
