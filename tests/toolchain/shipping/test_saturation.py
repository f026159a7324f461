import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from toolchain.shipping.saturation import LEAST, MOST, saturating


def model(*nodes, **stored):
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, None)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in stored.items()],
    )
    return helper.make_model(graph)


def linear(weights):
    """A layer as the quantiser writes it: stored integers, made float32, multiplied."""
    return model(
        helper.make_node("DequantizeLinear", ["w", "s"], ["d"]),
        helper.make_node("MatMul", ["x", "d"], ["y"]),
        w=weights,
        s=np.float32(1),
    )


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=6))
def test_it_says_what_an_accumulator_of_16_bits_would(column):
    weights = np.array(column, np.int8)[:, None]
    # Activations are at their ends where a sum of two products is: any two may be neighbours.
    pairs = [0, *column] + [a + b for i, a in enumerate(column) for b in column[:i]]
    leaves = not all(LEAST <= 255 * each <= MOST for each in pairs)
    assert bool(saturating(linear(weights))) == leaves


def test_seven_bits_stay_and_eight_leave():
    assert saturating(linear(np.full((4, 3), 64, np.int8))) == []
    (said,) = saturating(linear(np.array([[3, 65], [2, 64]], np.int8)))
    assert said.startswith("w: two products reach 32895")
    (said,) = saturating(linear(np.array([[50], [50], [-100], [-100]], np.int8)))
    assert said == "w: two products reach -51000, 16 bits hold -32768 to 32767"


def test_weights_of_different_channels_are_no_neighbours():
    assert saturating(linear(np.array([[127, 0], [0, 127], [0, 0]], np.int8))) == []


def test_uint8_weights_are_widened_first():
    assert saturating(linear(np.full((4, 3), 255, np.uint8))) == []


@pytest.mark.parametrize("place", [1, 2])
def test_lstms_are_asked_as_well(place):
    weights = [np.full((2, 4, 8), 64, np.int8) for _ in range(2)]
    weights[place - 1][1, :2, 5] = -65
    names = ["x", "w", "r", *[""] * 5, "s", "z", "s", "z"]
    lstm = helper.make_node("DynamicQuantizeLSTM", names, ["y"], domain="com.microsoft")
    graph = model(lstm, w=weights[0], r=weights[1], s=np.float32(1), z=np.int8(0))
    (said,) = saturating(graph)
    assert said.startswith("wr"[place - 1])


def test_an_operator_that_nobody_has_thought_of_is_refused():
    node = helper.make_node("QAttention", ["x", "w"], ["y"], domain="com.microsoft")
    (said,) = saturating(model(node, w=np.ones((4, 4), np.int8)))
    assert "QAttention" in said


def test_float32_needs_nothing(float32):
    assert saturating(onnx.load(float32)) == []
