import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image, ImageDraw

from generator.errors import BadInput
from generator.strip import fit_ink
from toolchain.predict import Recognizer

FRAMES = 33


def node(operator, inputs, output, **attributes):
    return helper.make_node(operator, inputs, [output], **attributes)


def constant(name, value):
    return onnx.numpy_helper.from_array(np.asarray(value), name)


def tiny_model(
    path, pixel=TensorProto.UINT8, width=128, rename=None, variant="tiny", digits=TensorProto.INT64
):
    """A model that "reads" the top three pixels of the last column but two as three digits.

    A pixel of 0 is no digit and 1..10 the digits 0..9; the confidence is the fourth pixel / 255.
    """
    pick = [
        node("Cast", ["image"], "levels", to=TensorProto.INT64),
        node("Slice", ["levels", "top", "bottom", "rows"], "band"),
        node("Gather", ["band", "column"], "pixels", axis=3),
        node("Reshape", ["pixels", "flat"], "codes"),
        node("Slice", ["codes", "zero", "three", "one"], "read"),
        node("Sub", ["read", "one"], "shifted"),
        node("Pad", ["shifted", "padding", "minus"], "wide"),
        node("Cast", ["wide"], "digits", to=digits),
        node("Slice", ["codes", "three", "four", "one"], "fourth"),
        node("Cast", ["fourth"], "sure", to=TensorProto.FLOAT),
        node("Div", ["sure", "white"], "share"),
        node("Squeeze", ["share", "one"], "confidence"),
        node("Cast", ["wide"], "scores", to=TensorProto.FLOAT),
        node("Unsqueeze", ["scores", "last"], "thin"),
        node("Tile", ["thin", "classes"], rename or "log_probs"),
    ]
    numbers = {
        "top": [0], "bottom": [4], "rows": [2], "column": 125, "flat": [-1, 4], "zero": [0],
        "one": [1], "three": [3], "four": [4], "padding": [0, 0, 0, FRAMES - 3], "minus": -1,
        "last": [2], "classes": [1, 1, 11],
    }  # fmt: skip
    constants = [constant(name, np.int64(value)) for name, value in numbers.items()]
    graph = helper.make_graph(
        pick,
        "tiny",
        [helper.make_tensor_value_info("image", pixel, ["N", 1, 32, width])],
        [
            helper.make_tensor_value_info(
                rename or "log_probs", TensorProto.FLOAT, ["N", FRAMES, 11]
            ),
            helper.make_tensor_value_info("digits", digits, ["N", FRAMES]),
            helper.make_tensor_value_info("confidence", TensorProto.FLOAT, ["N"]),
        ],
        [*constants, constant("white", np.float32(255))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if variant:
        helper.set_model_props(model, {"variant": variant, "alphabet": "0123456789"})
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory):
    return Recognizer.load(tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx"))


def coded(*pixels):
    strip = np.zeros((1, 32, 128), np.uint8)
    strip[0, : len(pixels), 125] = pixels
    return strip


def test_metadata_is_kept(recognizer):
    assert (recognizer.variant, recognizer.alphabet) == ("tiny", "0123456789")


def test_strips_are_read_one_by_one(recognizer):
    strips = np.stack([coded(5, 1, 8, 255), coded(10, 0, 0, 51), coded()])
    readings = recognizer.read_strips(strips)
    assert [reading.number for reading in readings] == ["407", "9", ""]
    assert [reading.confidence for reading in readings] == pytest.approx([1, 0.2, 0])
    assert type(readings[0].confidence) is float


def test_no_strips_give_no_readings(recognizer):
    assert recognizer.read_strips(np.zeros((0, 1, 32, 128), np.uint8)) == []


@pytest.mark.parametrize("strips", [
    np.zeros((1, 32, 128), np.uint8),
    np.zeros((1, 1, 32, 100), np.uint8),
    np.zeros((1, 1, 32, 128), np.float32),
    np.zeros((), np.uint8),
], ids=["no batch", "narrow", "float", "scalar"])  # fmt: skip
def test_other_strips_are_refused(recognizer, strips):
    with pytest.raises(BadInput, match=r"strips must be uint8 \[N, 1, 32, 128\]"):
        recognizer.read_strips(strips)


def test_a_picture_goes_through_ink_and_fit(recognizer, tmp_path):
    seen = []

    class Spy(Recognizer):
        def read_strips(self, strips):
            seen.append(strips)
            return super().read_strips(strips)

    spy = Spy(recognizer._session)
    canvas = Image.new("L", (200, 100), 255)
    ImageDraw.Draw(canvas).line([(60, 20), (60, 80), (90, 80)], fill=0, width=8)
    canvas.save(tmp_path / "drawing.png")
    ink = 255 - np.asarray(canvas)
    for source in (tmp_path / "drawing.png", canvas, ink):
        assert (spy.read(source).number, spy.read(source).confidence) == ("", 0.0)
        np.testing.assert_array_equal(seen.pop(), fit_ink(ink)[None, None])


@pytest.mark.parametrize("picture", [
    Path("none.png"),
    Image.new("L", (50, 50)),
    np.zeros((50, 50), np.uint8),
    np.ones((50, 50)),
    np.ones((50, 50, 3), np.uint8),
], ids=["missing", "blank", "no ink", "float", "colour"])  # fmt: skip
def test_what_cannot_be_read_is_refused(recognizer, picture):
    with pytest.raises(BadInput):
        recognizer.read(picture)


def broken_models(folder):
    good = tiny_model(folder / "good.onnx").read_bytes()
    for name, content in {"empty": b"", "text": b"hello", "cut": good[: len(good) // 2]}.items():
        (folder / name).write_bytes(content)
    yield folder / "none.onnx", "missing or empty"
    yield folder, "missing or empty"
    yield folder / "empty", "missing or empty"
    yield folder / "text", "damaged"
    yield folder / "cut", "damaged"
    yield Path("x" * 5000), "damaged|missing"
    yield tiny_model(folder / "float", pixel=TensorProto.FLOAT), "its input is not"
    yield tiny_model(folder / "wide", width=160), "its input is not"
    yield tiny_model(folder / "logits", rename="logits"), "lacks the outputs log_probs"
    yield tiny_model(folder / "short", digits=TensorProto.INT32), "lacks the outputs"
    yield tiny_model(folder / "nameless", variant=None), "lacks the metadata variant, alphabet"


def test_unusable_models_are_refused_in_one_line(tmp_path, capfd):
    for path, problem in broken_models(tmp_path):
        with pytest.raises(BadInput, match=problem) as refused:
            Recognizer.load(path)
        message = str(refused.value)
        assert path.name in message
        assert message.endswith("export one with nrtool export")
        assert "\n" not in message
    assert capfd.readouterr() == ("", "")


def test_reading_needs_no_torch():
    code = "import sys, toolchain.predict; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
