"""One operator as a graph: what the rules say that it makes, beside what the runtime makes."""

import numpy as np
from onnx import helper, numpy_helper
from onnxruntime import InferenceSession

from toolchain.reading.graphfile import shapes_of
from toolchain.reading.runtime import PROVIDER

OPSET = 17


def by_rule_and_runtime(operator, given, stored=(), made=1, **attributes):
    """Shapes of a node's outputs twice, and the products that the rules count.

    `given` are shapes of its first inputs, float32; `stored` whole numbers or arrays of the rest.
    """
    inputs = [
        helper.make_tensor_value_info(f"given{place}", 1, shape)
        for place, shape in enumerate(given)
    ]
    held = [
        numpy_helper.from_array(
            np.array(each, np.int64) if isinstance(each, list) else each, f"held{place}"
        )
        for place, each in enumerate(stored)
    ]
    names = [each.name for each in (*inputs, *held)]
    outputs = [f"made{place}" for place in range(made)]
    node = helper.make_node(operator, names, outputs, **attributes)
    values = [helper.make_empty_tensor_value_info(name) for name in outputs]
    graph = helper.make_graph([node], "one", inputs, values, held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    by_rule = shapes_of(model.graph, 1)
    session = InferenceSession(model.SerializeToString(), providers=[PROVIDER])
    filled = {f"given{place}": np.ones(shape, np.float32) for place, shape in enumerate(given)}
    ran = session.run(outputs, filled)
    products = by_rule.work - sum(int(np.prod(by_rule.of[name])) for name in outputs)
    return [by_rule.of[name] for name in outputs], [each.shape for each in ran], products
