"""Counter-based random numbers: what sample i of seed s draws depends on (s, i) alone.

Integer arithmetic only, so that a CPU and a GPU, in batches of any size, draw the very same.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

_MASK = 0xFFFFFFFF


def hash_uniform(seed: int, index: Tensor, slots: int) -> Tensor:
    """Random numbers float32 [N, slots] in [0, 1): a function of (seed, index, slot).

    Args:
        seed: any integer of up to 64 bits.
        index: int64 [N].
        slots: how many numbers for each index.
    """
    low, high = index & _MASK, (index >> 32) & _MASK
    first = _mix(_mix(low ^ (seed & _MASK)) ^ high)
    second = _mix(_mix(low ^ ((seed >> 32) & _MASK) ^ 0x9E3779B9) ^ first ^ (seed & _MASK))
    slot = torch.arange(slots, device=index.device) * 0x85EBCA6B & _MASK
    mixed = _mix(_mix(first[:, None] ^ slot) ^ second[:, None])
    return (mixed >> 8).float() * 2.0**-24


def named(uniform: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """The last axis of `uniform` by name; columns beyond the names are left unused."""
    return {name: uniform[..., slot] for slot, name in enumerate(names)}


def _mix(x: Tensor) -> Tensor:
    """32-bit integer hash in int64 lanes (Wellons 2018, "lowbias32")."""
    x = (x ^ (x >> 16)) * 0x7FEB352D & _MASK
    x = (x ^ (x >> 15)) * 0x846CA68B & _MASK
    return x ^ (x >> 16)
