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
# The product reads up to 5 digits, so anything longer is a misreading anyway.
LONGEST_SCORED = 8


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
    previous = F.pad(best[:, :-1], (1, 0), value=BLANK)
    keep = (best != BLANK) & (best != previous)
    frames = best.shape[1]
    # Dropped frames all write into one spare column, which is cut off again.
    slot = torch.where(keep, keep.long().cumsum(1) - 1, frames)
    packed = F.pad(torch.full_like(best, PAD), (0, 1), value=PAD).scatter(1, slot, best)
    return packed[:, :frames]


def posterior(log_probs: Tensor, digits: Tensor) -> Tensor:
    """Probability of a whole number: the sum over all its CTC alignments.

    The forward recursion alpha_t = alpha_(t-1) M_t is a chain of small matrix products; because
    products associate, the chain is folded as a tree of batched products: log2(T) operations
    instead of T, which is what makes it cheap inside an ONNX graph.

    Args:
        log_probs: float32 [N, T, 11].
        digits: int64 [N, L], left-packed, `PAD` to the right.

    Returns:
        float32 [N], 0..1; 0 for numbers of more than `LONGEST_SCORED` digits. Probabilities
        below about 1e-38 underflow to 0: use `ctc_loss` for scores in the log domain.
    """
    width = min(digits.shape[1], LONGEST_SCORED)
    length = (digits != PAD).sum(1)
    symbols = torch.where(digits[:, :width] == PAD, BLANK, digits[:, :width])
    # States alternate blank, digit, blank, ...: S = 2 * width + 1.
    states = F.pad(torch.stack([symbols, torch.full_like(symbols, BLANK)], 2).flatten(1), (1, 0))
    states = torch.where(torch.arange(states.shape[1], device=states.device) == 0, BLANK, states)
    emission = log_probs.exp().gather(
        2, states[:, None, :].expand(-1, log_probs.shape[1], -1)
    )  # [N, T, S]

    size = states.shape[1]
    step = torch.eye(size, device=states.device)
    stay_or_advance = step + F.pad(step, (1, 0))[:, :size]
    skip = F.pad(step, (2, 0))[:, :size]  # digit to next digit, over the blank between them
    may_skip = (states != BLANK) & (states != F.pad(states, (2, 0), value=BLANK)[:, :size])
    transition = stay_or_advance + skip * may_skip[:, None, :]  # [N, S, S], from row to column
    chain = transition[:, None] * emission[:, :, None, :]  # [N, T, S, S]
    while chain.shape[1] > 1:
        even = chain.shape[1] // 2 * 2
        folded = chain[:, 0:even:2] @ chain[:, 1:even:2]
        chain = torch.cat([folded, chain[:, even:]], 1)
    alpha = chain[:, 0, 0]  # every alignment starts in the first blank's row

    # An alignment of L digits ends in state 2L (blank) or 2L - 1 (last digit).
    last = 2 * length[:, None]
    place = torch.arange(size, device=states.device)[None]
    ends = (place == last) | (place == last - 1)
    return torch.where(ends, alpha, torch.zeros_like(alpha)).sum(1).clamp(max=1.0)
