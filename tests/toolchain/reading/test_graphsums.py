"""What operators make that sum values up: as large as the runtime makes it; their products."""

import numpy as np
import pytest

from tests.toolchain.reading.operators import by_rule_and_runtime
from toolchain.reading.graphfile import Unbounded


def weight(*shape):
    return np.ones(shape, np.float32)


@pytest.mark.parametrize(
    ("operator", "given", "stored", "attributes", "products"),
    [
        ("Conv", [(1, 3, 9, 8)], [weight(4, 3, 3, 3)], {"strides": [2, 1]}, 4 * 4 * 6 * 27),
        ("Conv", [(1, 4, 9, 8)], [weight(4, 1, 3, 3)], {"group": 4, "pads": [1] * 4}, 288 * 9),
        ("Conv", [(1, 1, 9, 8)], [weight(2, 1, 3, 3)], {"dilations": [2, 2]}, 2 * 5 * 4 * 9),
        ("Conv", [(1, 1, 9)], [weight(2, 1, 3)], {"auto_pad": "SAME_UPPER", "strides": [2]}, 30),
        ("MaxPool", [(1, 2, 7, 8)], [], {"kernel_shape": [2, 2], "strides": [2, 2]}, 2 * 12 * 4),
        ("AveragePool", [(1, 1, 7)], [], {"kernel_shape": [2], "strides": [2], "ceil_mode": 1}, 8),
        ("GlobalAveragePool", [(1, 2, 7, 8)], [], {}, 0),
        ("MatMul", [(5, 2, 3)], [weight(3, 4)], {}, 5 * 2 * 3 * 4),
        ("MatMul", [(3,)], [weight(3, 4)], {}, 12),
        ("MatMul", [(2, 3)], [weight(3)], {}, 6),
        ("MatMul", [(3,)], [weight(3)], {}, 3),
        ("Gemm", [(3, 2)], [weight(4, 3)], {"transA": 1, "transB": 1}, 2 * 3 * 4),
        ("ReduceMean", [(2, 3, 4)], [], {"axes": [1], "keepdims": 0}, 0),
        ("ReduceMax", [(2, 3, 4)], [], {}, 0),
        ("ReduceSum", [(2, 3)], [], {"noop_with_empty_axes": 1}, 0),
        ("ArgMax", [(2, 3)], [], {"axis": -1, "keepdims": 0}, 0),
    ],
)
def test_a_shape_is_the_runtimes(operator, given, stored, attributes, products):
    by_rule, ran, counted = by_rule_and_runtime(operator, given, stored, **attributes)
    assert by_rule == ran
    assert counted == products


def test_an_lstm_is_the_runtimes():
    stored = [weight(2, 20, 3), weight(2, 20, 5)]
    attributes = {"hidden_size": 5, "direction": "bidirectional"}
    by_rule, ran, products = by_rule_and_runtime("LSTM", [(7, 1, 3)], stored, 3, **attributes)
    assert by_rule == ran
    assert products == 7 * 2 * 20 * (3 + 5)


@pytest.mark.parametrize(
    ("operator", "given", "stored", "attributes"),
    [
        ("Conv", [(1, 1, 9)], [weight(2, 1, 3)], {"strides": [0]}),
        ("MatMul", [(2, 3)], [weight(4, 2)], {}),
        ("Gemm", [(2, 3)], [weight(4, 2)], {}),
        ("LSTM", [(7, 1, 3)], [weight(1, 20, 3), weight(1, 20, 5)], {}),
        ("ArgMax", [(2, 3)], [], {"axis": 2}),
    ],
)
def test_what_does_not_fit_is_refused(operator, given, stored, attributes):
    with pytest.raises(Unbounded, match="cannot be told"):
        by_rule_and_runtime(operator, given, stored, **attributes)
