"""Growing a larger network from a trained one (Chen et al. 2015, "Net2Net", arXiv:1511.05641).

A network for longer numbers starts with the convolutions of one for shorter ones, and with its
fully connected layers at every place where they fit. One with a class a number that has as many
units as one with a class a place starts by computing the same: the probability of a number is the
product of its digits'. A CRNN grows in width and in LSTMs: every channel of the wide network starts
as a copy of a narrow one's, and what reads it takes its share of the weight; an LSTM that the
narrow one lacks starts by handing its logits on. So the wide network starts by reading what the
narrow one does.
"""

import torch
from torch import Tensor, nn

from models.crnn import CRNN, BiLSTM
from models.ctc import CLASSES
from models.decoders import BASE, Joint, Network, Positions
from models.errors import UnknownVariant
from models.fixed import CHANNELS, ROWS, STRIDE, FixedCNN

NOISE = 0.1  # relative; copies that were exactly alike would stay alike for ever
OPEN = 4.0  # bias of a gate that lets 98 % through, and yet learns
SMALL = 1 / 64  # logits times this stay where tanh is nearly straight


@torch.no_grad()
def grow(narrow: Network, wide: Network) -> Network:
    """Fill `wide` from `narrow` and return it; heads that `narrow` lacks keep their own start.

    Raises:
        UnknownVariant: the two are neither CRNNs of as many convolutions, each at least as wide,
            with at least as many LSTMs, each as wide; nor both of known length.
    """
    if isinstance(narrow, FixedCNN) and isinstance(wide, FixedCNN):
        return _longer(narrow, wide)
    if not (isinstance(narrow, CRNN) and isinstance(wide, CRNN)):
        raise UnknownVariant("this grows from its own kind alone: start from the same variant")
    few, many = narrow.config.channels, wide.config.channels
    if len(few) != len(many) or any(a > b for a, b in zip(few, many, strict=True)):
        raise UnknownVariant(f"channels {many} do not grow from {few}: start from the same variant")
    if narrow.config.lstm_layers > wide.config.lstm_layers:
        raise UnknownVariant(
            f"{wide.config.lstm_layers} LSTMs do not grow from {narrow.config.lstm_layers}: "
            "give as many or more"
        )
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
    read, reads = _lstms(narrow), _lstms(wide)
    for source, target in zip(read, reads, strict=False):
        goals = target.state_dict()
        for name, weight in source.state_dict().items():
            if weight.shape == goals[name].shape:
                goals[name].copy_(weight)
            elif name.startswith("lstm.weight_ih"):
                goals[name].copy_(_widened(weight, goals[name]))
    if more := reads[len(read) :]:
        _deepen(read[-1].linear, reads[len(read) - 1].linear, more)
    return wide


def _deepen(known: nn.Linear, first: nn.Linear, more: list[BiLSTM]) -> None:
    """Hand the narrow network's logits on, from `first` through the LSTMs that it lacks.

    Half of the features between two LSTMs are copies of the logits, made small; the other half
    keeps its own start, for what is to be learnt.
    """
    copies = first.out_features // (2 * CLASSES)
    if not copies:
        raise UnknownVariant(f"{first.out_features} LSTM units are too few to grow from")
    carried = copies * CLASSES
    rows = torch.arange(carried) % CLASSES
    first.weight[:carried] = known.weight[rows] * SMALL
    first.bias[:carried] = known.bias[rows] * SMALL
    alike = (rows[:, None] == rows) / copies  # [carried, carried]: the mean over the copies
    for layer in more:
        _open(layer.lstm, alike)
        linear = layer.linear
        linear.weight[:carried] *= NOISE
        linear.bias[:carried] = 0
        # Both directions carry the same.
        into = linear.weight.unflatten(1, (2, -1))[:carried, :, :carried]
        into.copy_((alike[: len(into)] / 2 / (SMALL if layer is more[-1] else 1))[:, None])


def _open(lstm: nn.LSTM, alike: Tensor) -> None:
    """The first units forget at once, and let their input in and out."""
    carried = len(alike)
    gates = torch.tensor([OPEN, -OPEN, 0, OPEN])  # input, forget, cell, output
    for end in ("", "_reverse"):
        for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
            lstm.get_parameter(name + end).unflatten(0, (4, -1))[:, :carried] *= NOISE
        cell = lstm.get_parameter("weight_ih_l0" + end).unflatten(0, (4, -1))[2]
        cell[:carried, :carried] += alike
        lstm.get_parameter("bias_ih_l0" + end).unflatten(0, (4, -1))[:, :carried] += gates[:, None]


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


def _lstms(network: CRNN) -> list[BiLSTM]:
    return [each for each in network.rnn if isinstance(each, BiLSTM)]


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
