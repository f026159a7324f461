import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from toolchain.shipping.tidy import tidy


def test_equal_tensors_are_stored_once_and_all_else_is_kept():
    stored = {"a": [1.0, 2.0], "b": [1.0, 2.0], "c": [3.0, 4.0], "unread": [5.0, 6.0]}
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["x", "a"], ["y"]),
            helper.make_node("Mul", ["y", "b"], ["z"]),
            helper.make_node("Sub", ["z", "c"], ["out"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [2])],
        [numpy_helper.from_array(np.array(v, np.float32), name) for name, v in stored.items()],
    )
    before = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    x = np.array([0.5, -1.0], np.float32)
    expected = ReferenceEvaluator(before).run(None, {"x": x})[0]

    after = tidy(before)

    onnx.checker.check_model(after)
    assert len(after.graph.initializer) == 2
    np.testing.assert_array_equal(ReferenceEvaluator(after).run(None, {"x": x})[0], expected)
