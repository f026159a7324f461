"""Growing a larger network from a trained one (Chen et al. 2015, "Net2Net", arXiv:1511.05641).

A network for longer numbers starts with the convolutions of one for shorter ones, and with its
fully connected layers at every place where they fit. A CRNN grows in width: every channel of the
wide network starts as a copy of a narrow one's, and what reads it takes its share of the weight,
so that the convolutions and the first LSTM compute what they did before.
"""

import torch
from torch import Tensor, nn

from models.crnn import CRNN
from models.decoders import Network
from models.errors import UnknownVariant
from models.fixed import FixedCNN

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
    known = few.heads[0].state_dict()
    for head in many.heads:
        if all(value.shape == known[name].shape for name, value in head.state_dict().items()):
            head.load_state_dict(known)
    return many


def _widened(weight: Tensor, like: Tensor) -> Tensor:
    """Copies along both channel axes (0: out, 1: in), each input's weight shared by its copies."""
    out, into = torch.arange(len(like)), torch.arange(like.shape[1])
    copies = torch.bincount(into % weight.shape[1])[into % weight.shape[1]]
    shared = weight[out % len(weight)][:, into % weight.shape[1]]
    shared = shared / copies.view(1, -1, *[1] * (weight.ndim - 2))
    return shared * (1 + NOISE * torch.randn_like(shared))
