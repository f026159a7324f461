"""Connected components of a mask: pieces of ink whose pixels touch, corners included."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and one past the last pixel of each run in a mask, row after row; rows end empty."""
    flat = mask.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat[:1].any():
        edges = np.append(0, edges)
    return edges[::2], edges[1::2]


class Components:
    """The 8-connected components of a mask.

    Attributes:
        areas: int64 [K], pixels in each.
        boxes: int64 [K, 4], left, top, right, bottom of each.
    """

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        padded = np.pad(mask, ((0, 0), (1, 1)))
        stride = padded.shape[1]
        first, last = runs(padded)
        begin = np.searchsorted(last, first + stride, "left")  # the next row's runs that touch
        end = np.searchsorted(first, last + stride, "right")  # run i are begin[i] .. end[i]
        label = np.arange(len(first))
        count = end - begin
        upper = np.repeat(label, count)
        lower = np.arange(len(upper)) + np.repeat(begin - (count.cumsum() - count), count)
        while len(upper):
            one, other = label[upper], label[lower]
            apart = one != other
            upper, lower, one, other = upper[apart], lower[apart], one[apart], other[apart]
            np.minimum.at(label, np.maximum(one, other), np.minimum(one, other))
            while (label[label] != label).any():
                label = label[label]
        _, label = np.unique(label, return_inverse=True)

        count = int(label.max(initial=-1)) + 1
        self.areas = np.bincount(label, last - first, count).astype(np.int64)
        row, left = first // stride, first % stride - 1
        sides = []
        for values, nearer in (
            (left, np.minimum),
            (row, np.minimum),
            (left + last - first, np.maximum),
            (row + 1, np.maximum),
        ):
            side = np.zeros(count, np.int64)
            side[label] = values  # any member's, to start with
            nearer.at(side, label, values)
            sides.append(side)
        self.boxes = np.stack(sides, 1)
        self._runs, self._label, self._padded = last - first, label, padded

    def mask(self, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Bool [H, W]: the pixels of the components for which bool [K] `wanted` is true."""
        return self.spread(wanted, False)

    def spread(self, values: NDArray[Any], background: Any) -> NDArray[Any]:
        """[H, W]: at each pixel the value [K] of its component, or that of the background."""
        whole = np.full(self._padded.shape, background, values.dtype)
        whole.ravel()[self._padded.ravel()] = np.repeat(values[self._label], self._runs)
        return whole[:, 1:-1]
