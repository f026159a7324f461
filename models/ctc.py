"""Connectionist temporal classification (CTC) for numbers: alphabet, targets, decoding, posteriors.

Class ``d`` is the digit ``d`` and class 10 is the blank, so an index *is* the digit
(Graves et al. 2006, "Connectionist Temporal Classification").

Everything that runs inside the exported graph (`greedy_decode`, `posterior`) uses only
standard tensor operations, so that PyTorch and ONNX compute it from the same code.
"""

import functools

import torch
from torch import Tensor
from torch.nn import functional as F

ALPHABET = "0123456789"
BLANK = len(ALPHABET)
CLASSES = len(ALPHABET) + 1
PAD = -1  # fills label and digit tensors to the right of a number

# Strings up to this length get an exact posterior inside the graph; longer readings get 0.
# The product reads up to 5 digits, so anything longer is a misreading anyway; the 15 states of
# seven fit the registers that multiply matrices, those of eight just do not.
LONGEST_SCORED = 7


def ctc_loss(log_probs: Tensor, digits: Tensor) -> Tensor:
    """Mean of `ctc_losses`: float32 []."""
    return ctc_losses(log_probs, digits).mean()


def ctc_losses(log_probs: Tensor, digits: Tensor) -> Tensor:
    """CTC negative log-likelihood of each number, nats: float32 [N].

    Args:
        log_probs: float32 [N, T, 11], natural log-softmax.
        digits: int64 [N, L], left-packed digits, `PAD` to the right.

    On a device that has no CTC, as Apple's GPUs in PyTorch, it is computed on the CPU.
    """
    device = log_probs.device
    if not _has_ctc(device.type):
        log_probs, digits = log_probs.cpu(), digits.cpu()
    lengths = (digits != PAD).sum(1)
    frames = torch.full_like(lengths, log_probs.shape[1])
    losses = F.ctc_loss(
        log_probs.transpose(0, 1), digits.clamp(min=0), frames, lengths, BLANK, reduction="none"
    )
    return losses.to(device)


@functools.cache
def _has_ctc(device: str) -> bool:
    """Whether PyTorch computes CTC and its gradient on this type of device: asked by trying."""
    if device == "cpu":
        return True
    try:
        tried = torch.zeros(2, 1, CLASSES, device=device, requires_grad=True)
        length = torch.ones(1, dtype=torch.int64, device=device)
        F.ctc_loss(tried.log_softmax(2), length[:, None], 2 * length, length, BLANK).backward()
    except (NotImplementedError, RuntimeError):
        return False
    return True


def greedy_decode(log_probs: Tensor) -> Tensor:
    """Best-path decoding: most likely class per frame, repeats merged, blanks dropped.

    Args:
        log_probs: float32 [N, T, 11].

    Returns:
        int64 [N, T]: digits packed to the left, `PAD` to the right.
    """
    best = log_probs.argmax(2)
    before = F.pad(best, (1, 0), value=BLANK)
    keep = (~((best == BLANK) | (best == before[:, :-1]))).long()
    # Dropped frames all write into the first column, which is cut off again.
    slot = keep.cumsum(1) * keep
    return torch.full_like(before, PAD).scatter(1, slot, best)[:, 1:]


def posterior(log_probs: Tensor, digits: Tensor) -> Tensor:
    """Probability of a whole number: the sum over all its CTC alignments.

    The forward recursion alpha_t = alpha_(t-1) M_t is a chain of small matrix products; because
    products associate, the chain is folded as a tree of batched products: log2(T) operations
    instead of T. What depends on no input is made ahead and looked up: each operation of so small a
    graph costs more than what it computes.

    Args:
        log_probs: float32 [N, T, 11].
        digits: int64 [N, L], left-packed, `PAD` to the right.

    Returns:
        float32 [N], 0..1; 0 for numbers of more than `LONGEST_SCORED` digits. Probabilities
        below about 1e-38 underflow to 0: use `ctc_loss` for scores in the log domain.
    """
    like, width = log_probs.new_tensor, digits.shape[1]
    whole = functools.partial(torch.tensor, device=digits.device)
    ended = F.pad(digits, (0, 1), value=PAD)  # however long the number, there is an end
    # States alternate blank, digit, blank, ...: places in `ended`, where PAD stands for a blank.
    shown = [place for k in range(LONGEST_SCORED) for place in (width, min(k, width))] + [width]
    states = ended.index_select(1, whole(shown)) - PAD
    symbols = F.embedding(states, like(_one_hot()))  # [N, S, 11]
    by_class = symbols.transpose(1, 2)
    alike = symbols @ by_class  # from one digit to the next, over the blank, unless it is the same
    transition = like(_moves(len(shown), (0, 1, 2))) - alike * like(_moves(len(shown), (2,)))

    order, folds = _folding(log_probs.shape[1])
    emission = log_probs.exp().index_select(1, whole(order)) @ by_class  # [N, T, S]
    chain = transition[:, None] * emission[:, :, None]  # [N, T, S, S], from row to column
    alpha = None  # every alignment starts in the first blank's row
    for odd, half in folds:
        if odd:
            first, left, right = chain.split([1, half, half], 1)
            alpha = first[:, :, :1] if alpha is None else alpha @ first
        else:
            left, right = chain.split(half, 1)
        chain = left @ right
    row = (chain if alpha is None else alpha @ chain)[:, 0, 0]  # [N, S]

    ends = F.embedding(ended.int().argmin(1), like(_ends(width + 1, len(shown))))
    return (row * ends).sum(1).clamp(max=1.0)


def _one_hot() -> list[list[float]]:
    """Of a blank, then of each digit, over the classes."""
    symbols = (BLANK, *range(BLANK))
    return [[float(symbol == each) for each in range(CLASSES)] for symbol in symbols]


def _moves(size: int, steps: tuple[int, ...]) -> list[list[float]]:
    """From which state to which in so many steps; two lead from digit to digit alone."""
    return [
        [float(to - state in steps and (to - state < 2 or state % 2 == 1)) for to in range(size)]
        for state in range(size)
    ]


def _ends(lengths: int, size: int) -> list[list[float]]:
    """Of numbers of 0, 1, ... digits: whether an alignment may end in a state.

    One of L digits ends in state 2L (blank) or 2L - 1 (last digit).
    """
    return [
        [
            float(2 * digits < size and state in (2 * digits - 1, 2 * digits))
            for state in range(size)
        ]
        for digits in range(lengths)
    ]


@functools.cache
def _folding(frames: int) -> tuple[list[int], list[tuple[int, int]]]:
    """In which order frames stand so that a chain of their matrices folds half upon half.

    Returns:
        The order, and of each fold: whether a first matrix is left over, and how many pairs.
    """
    order, folds, count = [0], list[tuple[int, int]](), frames
    while count > 1:
        folds.append((count % 2, count // 2))
        count //= 2
    for odd, _ in reversed(folds):
        pairs = [2 * place + odd for place in order]
        order = [0] * odd + pairs + [place + 1 for place in pairs]
    return order, folds
