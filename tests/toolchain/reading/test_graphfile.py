"""Hostile files: refused by reading, before any runtime sees them."""

import contextlib

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession

from generator.errors import BadInput
from toolchain.reading import Recognizer, graphformat, modelfile
from toolchain.reading.graphfile import shapes_of
from toolchain.reading.inspection import inspect
from toolchain.reading.runtime import PROVIDER, open_model


def external(graph):
    tensor = graph.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../../etc/passwd"


def filling_memory(graph):
    shape = numpy_helper.from_array(np.array([1 << 40], np.int64), "vast")
    graph.graph.initializer.append(shape)
    graph.graph.node.append(helper.make_node("ConstantOfShape", ["vast"], ["filled"]))


def looping(graph):
    body = helper.make_graph([], "body", [], [])
    graph.graph.node.append(helper.make_node("Loop", [], ["x"], body=body))


def foreign(graph):
    graph.graph.node.append(helper.make_node("Run", [], ["x"], domain="com.example"))


def add(graph, operator, inputs, output, **attributes):
    graph.graph.node.append(helper.make_node(operator, inputs, [output], **attributes))


def hold(graph, name, values):
    graph.graph.initializer.append(numpy_helper.from_array(np.array(values), name))


def vast_constant(graph):
    hold(graph, "sides", [65536, 65536])
    add(graph, "ConstantOfShape", ["sides"], "vast")


def doubling(graph):
    add(graph, "Cast", ["image"], "twice0", to=TensorProto.FLOAT)
    for i in range(40):
        add(graph, "Concat", [f"twice{i}"] * 2, f"twice{i + 1}", axis=3)


def quadratic(graph):
    add(graph, "Cast", ["image"], "levels", to=TensorProto.FLOAT)
    hold(graph, "flat", [-1, 1])
    add(graph, "Reshape", ["levels", "flat"], "column")
    add(graph, "Transpose", ["column"], "row")
    add(graph, "MatMul", ["column", "row"], "square")


def laborious(graph):
    hold(graph, "weight", np.zeros((512, 512), np.float32))
    hold(graph, "rows", [-1, 512])
    add(graph, "Cast", ["image"], "levels", to=TensorProto.FLOAT)
    add(graph, "Reshape", ["levels", "rows"], "product0")
    for i in range(3000):
        add(graph, "MatMul", [f"product{i}", "weight"], f"product{i + 1}")


def folded(graph):
    hold(graph, "weight", np.zeros((1024, 1024), np.float32))
    for i in range(100):
        add(graph, "Tile", ["weight", "times"], f"large{i}")
    hold(graph, "times", [1, 2])


def counting(graph):
    add(graph, "NonZero", ["image"], "places")


def cyclic(graph):
    add(graph, "Add", ["loop_b", "loop_b"], "loop_a")
    add(graph, "Add", ["loop_a", "loop_a"], "loop_b")


def sparse(graph):
    graph.graph.sparse_initializer.add().dims.extend([65536, 65536])


def hollow(graph):
    tensor = graph.graph.initializer.add(name="hollow", data_type=TensorProto.FLOAT)
    tensor.dims.extend([65536, 65536])


def older(graph):
    graph.opset_import[0].version = 6


def lying(graph):
    tensor = next(t for t in graph.graph.initializer if t.data_type == TensorProto.INT64)
    tensor.dims[:] = [1 << 40]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (external, "weights in other files"),
        (filling_memory, "ConstantOfShape makes 1,099,511,627,776 values"),
        (looping, "a graph of its own"),
        (foreign, "com.example"),
        (lying, "is damaged"),
        (vast_constant, "ConstantOfShape makes 4,294,967,296 values"),
        (doubling, "Concat makes"),
        (quadratic, "MatMul makes"),
        (laborious, "products for a picture|MatMul makes"),
        (folded, "Tile makes 2,097,152 values"),
        (counting, "the operator 'NonZero'"),
        (cyclic, "what Add makes cannot be told"),
        (sparse, "sparse weights"),
        (hollow, "'hollow' is damaged"),
        (older, "opset 6"),
    ],
)
@pytest.mark.parametrize("use", [open_model, inspect])
def test_a_hostile_graph_is_refused(float32, tmp_path, edit, said, use):
    graph = onnx.load(float32)
    edit(graph)
    path = tmp_path / "hostile.onnx"
    path.write_bytes(graph.SerializeToString())
    with pytest.raises(BadInput, match=said):
        use(path)


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 4096, b"not onnx", b"\x08\x0a"])
def test_what_is_no_graph_is_refused(tmp_path, content):
    path = tmp_path / "odd.onnx"
    path.write_bytes(content)
    for use in (open_model, inspect):
        with pytest.raises(BadInput, match=r"odd\.onnx"):
            use(path)


def test_a_file_cut_short_anywhere_is_refused(float32, tmp_path):
    content, path = float32.read_bytes(), tmp_path / "cut.onnx"
    for share in (0.01, 0.3, 0.7, 0.999):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(BadInput, match=r"cut\.onnx"):
            open_model(path)


def test_damage_that_the_runtime_finds_is_said_once(float32, tmp_path, capfd):
    """Its text is none: protobuf passes it, ONNX Runtime's metadata does not."""
    path = tmp_path / "odd.onnx"
    path.write_bytes(float32.read_bytes().replace(b"lightweight", b"\xff\xfeghtweight"))
    with pytest.raises(BadInput, match=r"odd\.onnx"):
        open_model(path)
    assert capfd.readouterr() == ("", "")


def test_a_file_too_large_is_not_read(float32, monkeypatch):
    monkeypatch.setattr(modelfile, "MAX_MEGABYTES", 1)
    with pytest.raises(BadInput, match="larger than 1 MB"):
        open_model(float32)


def test_a_model_of_someone_else_is_refused_with_a_clear_word(tmp_path):
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    other = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value], [other])
    onnx.save(helper.make_model(graph), tmp_path / "other.onnx")
    with pytest.raises(BadInput, match="none of ours"):
        inspect(tmp_path / "other.onnx")


def test_the_judged_format_is_a_part_of_onnxs():
    """Names, numbers and types, as the onnx package has them."""
    waiting, seen = [(graphformat.Model.DESCRIPTOR, onnx.ModelProto.DESCRIPTOR)], set()
    while waiting:
        ours, theirs = waiting.pop()
        seen.add(ours.name)
        assert ours.name == theirs.name
        for field in ours.fields:
            other = theirs.fields_by_name[field.name]
            assert (field.number, field.is_repeated) == (other.number, other.is_repeated)
            assert field.type == other.type or (other.enum_type and field.type == field.TYPE_INT32)
            if field.message_type and field.message_type.name not in seen:
                waiting.append((field.message_type, other.message_type))
    assert seen == set(graphformat.FIELDS)
    assert TensorProto.EXTERNAL == graphformat.EXTERNAL
    assert (TensorProto.INT32, TensorProto.INT64) == (graphformat.INT32, graphformat.INT64)


def test_numbers_of_any_storage_are_judged(float32, tmp_path):
    for shape in (
        helper.make_tensor("vast", TensorProto.INT64, [1], [1 << 40]),
        numpy_helper.from_array(np.array([1 << 30], np.int32), "vast"),
    ):
        graph = onnx.load(float32)
        graph.graph.initializer.append(shape)
        graph.graph.node.append(helper.make_node("ConstantOfShape", ["vast"], ["filled"]))
        onnx.save(graph, tmp_path / "vast.onnx")
        with pytest.raises(BadInput, match="ConstantOfShape makes 1"):
            open_model(tmp_path / "vast.onnx")


def test_inspecting_accounts_for_every_byte(float32):
    found = inspect(float32)
    assert sum(layer["size"] for layer in found["layers"]) == float32.stat().st_size
    assert found["metadata"]["variant"] == "lightweight"
    assert found["inputs"] == {"image": "uint8 [N, 1, 32, 128]"}
    kinds = [layer["layer"] for layer in found["layers"]]
    assert kinds.count("Conv") == 5
    assert kinds.count("LSTM") == 2
    assert found["layers"][-1]["size"] < 0.01 * found["size"]


def test_text_that_is_none_is_refused_wherever_it_stands(float32, tmp_path):
    content = float32.read_bytes()
    path = tmp_path / "odd.onnx"
    for text in (b"alphabet", b"0123456789", b"MatMul", b"format", b"log_probs"):
        assert text in content
        path.write_bytes(content.replace(text, b"\xff" * len(text)))
        for use in (open_model, inspect):
            with pytest.raises(BadInput, match=r"odd\.onnx"):
                use(path)


def test_shapes_are_those_that_the_runtime_computes(float32, int8):
    for path in (float32, int8):
        model = onnx.load(path)
        for strips in (1, 3):
            shapes = shapes_of(model.graph, strips)
            for name in [name for node in model.graph.node for name in node.output if name]:
                if name not in {each.name for each in model.graph.output}:
                    model.graph.output.add(name=name)
            session = InferenceSession(model.SerializeToString(), providers=[PROVIDER])
            outputs = [each.name for each in session.get_outputs()]
            image = np.random.default_rng(0).integers(0, 256, (strips, 1, 32, 128), np.uint8)
            for name, made in zip(outputs, session.run(outputs, {"image": image}), strict=True):
                assert shapes.of[name] == made.shape, name


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_flipped_bytes_is_read_or_refused(int8, tmp_path, data):
    content = bytearray(int8.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        # Half of them where the graph is written, which is a small part of the file.
        first = data.draw(st.sampled_from([0, len(content) - 20_000]))
        content[data.draw(st.integers(first, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "odd.onnx"
    path.write_bytes(content)
    strip = np.zeros((2, 1, 32, 128), np.uint8)
    for use in (lambda: Recognizer.load(path).read_strips(strip), lambda: inspect(path)):
        with contextlib.suppress(BadInput):
            use()
