"""Loops over arrays, compiled by Numba at the first use. What it made is kept.

What is kept is made anew when the loop's own file changes, not when a loop that it calls in another
file does: loops that call each other stand in one file.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


def compiled(function: Callable[..., Any]) -> Any:
    """The function as machine code; other threads of Python run beside it."""
    # No fast mathematics: every processor is to compute the same.
    how = {"nogil": True, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **how)(function)
    except RuntimeError:  # nowhere to keep it
        return numba.njit(**how)(function)
