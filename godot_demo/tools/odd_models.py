"""Models that are no releases, for the tests of what the game computes in GDScript.

A small one has what a release may have and today's has not: pooling, channels that are no multiple
of four, weights of both kinds. The others are it with one thing wrong, and must be refused.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession

from generator.strip import HEIGHT, WIDTH
from toolchain import storage

SMALL = "small.onnx"
LONG = 1 << 40
STRIPS = 4
COLUMNS = 16  # of the small model's log_probs
DEEP = 6_000  # layers


def make(folder: Path) -> None:
    """Write the small model, what ONNX Runtime reads with it, and the refused ones to a folder.

    small.json has strips, as base64, and their log_probs; refused.json the word by which each file
    is to be refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = small()
    onnx.save(model, folder / SMALL)
    session = InferenceSession(model.SerializeToString())
    random = np.random.default_rng(1)
    strips = random.integers(0, 256, (STRIPS, 1, HEIGHT, WIDTH), np.uint8)
    strips[:, :, :, : WIDTH // 2] = 0
    read = session.run(["log_probs"], {"image": strips})[0]
    cases = [
        {
            "strip": base64.b64encode(strip.tobytes()).decode(),
            "log_probs": [round(float(value), 5) for value in values.flatten()],
        }
        for strip, values in zip(strips, read, strict=True)
    ]
    storage.write_json(folder / "small.json", cases)
    for name, (spoil, _) in REFUSED.items():
        wrong = small()
        spoil(wrong)
        (folder / f"{name}.onnx").write_bytes(wrong.SerializeToString())
    storage.write_json(folder / "refused.json", {name: word for name, (_, word) in REFUSED.items()})


def small() -> ModelProto:
    """uint8 [N, 1, 32, 128] -> log_probs [N, 16, 11], by random weights."""
    random = np.random.default_rng(0)
    stored: list[TensorProto] = []

    def tensor(name: str, values: object, kind: type = np.float32) -> str:
        stored.append(numpy_helper.from_array(np.array(values, kind), name))
        return name

    def weights(name: str, *shape: int) -> list[str]:
        spread = 1.5 / np.sqrt(np.prod(shape[1:]))
        return [
            tensor(name, random.normal(0, spread, shape)),
            tensor(f"{name}_bias", random.normal(0, 0.2, shape[0])),
        ]

    def int8_weights(name: str, *shape: int) -> list[str]:
        steps = random.integers(-63, 64, shape)
        spread = np.full(shape[0], 0.04 / np.sqrt(np.prod(shape[1:])))
        bias = random.integers(-500, 500, shape[0])
        for part, values, kind, scale in (
            (name, steps, np.int8, spread),
            (f"{name}_bias", bias, np.int32, spread * STEP),
        ):
            tensor(f"{part}_q", values, kind)
            tensor(f"{part}_s", scale)
            node("DequantizeLinear", [f"{part}_q", f"{part}_s"], part, axis=0)
        return [name, f"{name}_bias"]

    nodes = []

    def node(kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def requantize(name: str) -> str:
        node("QuantizeLinear", [name, "step", "zero"], f"{name}_q")
        return node("DequantizeLinear", [f"{name}_q", "step", "zero"], f"{name}_d")

    tensor("step", STEP)
    tensor("zero", 100, np.uint8)
    node("Cast", ["image"], "float", to=TensorProto.FLOAT)
    node("Mul", ["float", tensor("grey", 1 / 255)], "scaled")
    node("Conv", ["scaled", *weights("stem", 6, 1, 5, 3)], "c0", strides=[2, 2], pads=[2, 1, 2, 1])
    node("Relu", ["c0"], "r0")
    node("MaxPool", ["r0"], "p0", kernel_shape=[2, 2], strides=[2, 2])  # 6 x 8 x 32
    node("Conv", ["p0", *weights("tall", 9, 6, 4, 1)], "c1", strides=[2, 2], pads=[0, 0, 0, 0])
    folded = node("Conv", [requantize("c1"), *int8_weights("fold", 10, 9, 3, 3)], "c2")
    nodes[-1].attribute.append(helper.make_attribute("pads", [0, 1, 0, 1]))
    node("Relu", [requantize(folded)], "r2")
    node("Conv", ["r2", *weights("side", 10, 10, 1, 3)], "c3", pads=[0, 1, 0, 1])
    node("Add", ["c3", "r2"], "sum")
    node("Conv", ["sum", *int8_weights("head", 11, 10, 1, 1)], "logits")
    node("Squeeze", ["logits", tensor("rows", [2], np.int64)], "flat")
    node("Transpose", ["flat"], "turned", perm=[0, 2, 1])
    node("LogSoftmax", ["turned"], "log_probs", axis=2)
    node("ArgMax", ["log_probs"], "digits", axis=2, keepdims=0)
    node("Exp", ["log_probs"], "shares")
    node("ReduceSum", ["shares", tensor("both", [1, 2], np.int64)], "confidence", keepdims=0)
    outputs = [
        helper.make_tensor_value_info(name, kind, ["N", *shape])
        for name, kind, shape in (
            ("log_probs", TensorProto.FLOAT, [COLUMNS, 11]),
            ("digits", TensorProto.INT64, [COLUMNS]),
            ("confidence", TensorProto.FLOAT, []),
        )
    ]
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", 1, HEIGHT, WIDTH])
    graph = helper.make_graph(nodes, "small", [image], outputs, stored)
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 18)])
    facts = {"format": "nrtool/1", "alphabet": "0123456789", "blank": "10", "decoder": "ctc"}
    helper.set_model_props(model, {**facts, "strip": f"{HEIGHT}x{WIDTH}", "variant": "small"})
    onnx.checker.check_model(model, full_check=True)
    return model


STEP = 0.02  # of the activations that are int8


def _operator(model: ModelProto, name: str) -> None:
    next(node for node in model.graph.node if node.op_type == "Relu").op_type = name


def _decoding(model: ModelProto, name: str) -> None:
    next(node for node in model.graph.node if node.op_type == "Exp").op_type = name


def _domain(model: ModelProto) -> None:
    model.graph.node[-1].domain = "com.example"


def _stored(model: ModelProto, name: str) -> TensorProto:
    return next(tensor for tensor in model.graph.initializer if tensor.name == name)


def _shape(model: ModelProto, dims: list[int]) -> None:
    tensor = _stored(model, "stem")
    del tensor.dims[:]
    tensor.dims.extend(dims)


def _elsewhere(model: ModelProto) -> None:
    tensor = _stored(model, "stem")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def _attribute(model: ModelProto, kind: str, name: str, value: object) -> None:
    node = next(each for each in model.graph.node if each.op_type == kind)
    for known in [each for each in node.attribute if each.name == name]:
        node.attribute.remove(known)
    node.attribute.append(helper.make_attribute(name, value))


def _value(model: ModelProto, name: str, values: object) -> None:
    tensor = _stored(model, name)
    kind = numpy_helper.to_array(tensor).dtype
    tensor.CopyFrom(numpy_helper.from_array(np.array(values, kind), name))


def _fact(model: ModelProto, key: str, value: str) -> None:
    next(entry for entry in model.metadata_props if entry.key == key).value = value


def _function(model: ModelProto) -> None:
    model.functions.add(name="own", domain="own")


def _headless(model: ModelProto) -> None:
    for node in [each for each in model.graph.node if "log_probs" in each.output]:
        model.graph.node.remove(node)


def _wide(model: ModelProto) -> None:
    _value(model, "stem", np.zeros((4096, 1, 5, 3)))
    _value(model, "stem_bias", np.zeros(4096))


def _classes(model: ModelProto) -> None:
    for name in ("head_q", "head_s", "head_bias_q", "head_bias_s"):
        values = numpy_helper.to_array(_stored(model, name))
        _value(model, name, np.concatenate([values, values[:1]]))


def _deep(model: ModelProto) -> None:
    place = next(i for i, node in enumerate(model.graph.node) if node.op_type == "Relu")
    before = model.graph.node[place].input[0]
    for i in range(DEEP):
        model.graph.node.insert(place + i, helper.make_node("Relu", [before], [f"deep{i}"]))
        before = f"deep{i}"
    model.graph.node[place + DEEP].input[0] = before


Spoil = Callable[[ModelProto], None]
# What is wrong with each, and a word of what the game says to it.
REFUSED: dict[str, tuple[Spoil, str]] = {
    "operator": (lambda model: _operator(model, "LSTM"), "LSTM"),
    "decoding": (lambda model: _decoding(model, "Loop"), "Loop"),
    "domain": (_domain, "com.example"),
    "function": (_function, "functions"),
    "elsewhere": (_elsewhere, "another file"),
    "huge": (lambda model: _shape(model, [LONG, LONG, LONG]), "too large"),
    "negative": (lambda model: _shape(model, [6, 1, -5, -3]), "too large"),
    "short": (lambda model: _shape(model, [6, 1, 5, 4]), "does not hold"),
    "axes": (lambda model: _shape(model, [1] * 40), "axes"),
    "group": (lambda model: _attribute(model, "Conv", "group", 3), "Conv"),
    "dilations": (lambda model: _attribute(model, "Conv", "dilations", [2, 2]), "Conv"),
    "strides": (lambda model: _attribute(model, "Conv", "strides", [0, 2]), "Conv"),
    "pads": (lambda model: _attribute(model, "Conv", "pads", [LONG] * 4), "Conv"),
    "wide": (_wide, "Conv"),
    "classes": (_classes, "12 classes"),
    "deep": (_deep, "so much work"),
    "ceil": (lambda model: _attribute(model, "MaxPool", "ceil_mode", 1), "MaxPool"),
    "window": (lambda model: _attribute(model, "MaxPool", "kernel_shape", [9, 99]), "MaxPool"),
    "turn": (lambda model: _attribute(model, "Transpose", "perm", [0, 1, 2]), "Transpose"),
    "rows": (lambda model: _value(model, "rows", [1]), "Squeeze"),
    "scale": (lambda model: _value(model, "step", -1.0), "QuantizeLinear"),
    "steps": (lambda model: _value(model, "fold_s", np.full(10, np.nan)), "DequantizeLinear"),
    "grey": (lambda model: _value(model, "grey", 0.0), "Mul"),
    "decoder": (lambda model: _fact(model, "decoder", "joint"), "joint"),
    "format": (lambda model: _fact(model, "format", "other/1"), "format"),
    "headless": (_headless, "log_probs"),
}


if __name__ == "__main__":
    import sys

    make(Path(sys.argv[1]))
    print(json.dumps(list(REFUSED)))
