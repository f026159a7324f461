import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image, ImageDraw, ImageOps

from generator.errors import BadInput
from generator.strip import fit_ink
from tests.toolchain.sketchpad.conftest import written
from toolchain.reading import Recognizer

ROOT = Path(__file__).parents[3]
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


def test_what_a_file_says_of_confidence_is_told_and_what_says_nothing_still_reads(
    recognizer, tmp_path
):
    assert (recognizer.threshold, recognizer.verdict) == (None, None)
    graph = onnx.load(tiny_model(tmp_path / "telling.onnx"))
    told = {"variant": "tiny", "alphabet": "0123456789", "threshold": "0.84", "verdict": "0.16"}
    helper.set_model_props(graph, told)
    onnx.save(graph, tmp_path / "telling.onnx")
    telling = Recognizer.load(tmp_path / "telling.onnx")
    assert (telling.threshold, telling.verdict) == (0.84, 0.16)


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


def told(path, **facts):
    graph = onnx.load(path)
    helper.set_model_props(graph, {"variant": "tiny", "alphabet": "0123456789", **facts})
    onnx.save(graph, path)
    return path


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"decoder": "oracle"}, "no decoder 'oracle'"),
        ({"decoder": "joint"}, "none of the decoder joint"),
        ({"decoder": "positions"}, "none of the decoder positions"),
        ({"alphabet": "0123"}, "alphabet is not 0123456789"),
        ({"alphabet": "abcdefghij"}, "alphabet is not 0123456789"),
        ({"threshold": "high"}, "threshold is not from 0 to 1"),
        ({"verdict": "nan"}, "verdict is not from 0 to 1"),
    ],
)
def test_facts_that_do_not_fit_the_graph_are_refused(tmp_path, facts, problem):
    with pytest.raises(BadInput, match=problem):
        Recognizer.load(told(tiny_model(tmp_path / "odd.onnx"), **facts))


def test_a_digit_that_is_none_is_refused_when_it_is_read(recognizer):
    with pytest.raises(BadInput, match="digits that are none"):
        recognizer.read_strips(coded(100, 1, 8, 255)[None])


STRIPE = 8  # px: how thick the tests' digits are drawn


def page_of(*numbers, size=(700, 400)):
    """Ink with numbers at places: (digits, left, top, height)."""
    canvas = Image.new("L", size, 0)
    pen = ImageDraw.Draw(canvas)
    for digits, left, top, height in numbers:
        for stroke in written(digits, height, left, top):
            pen.line([tuple(point) for point in stroke], fill=255, width=STRIPE, joint="curve")
    return canvas


@pytest.fixture(scope="module")
def released():
    return Recognizer.load(ROOT / "exports" / "optimized" / "optimized.int8.onnx")


def test_several_numbers_are_read_in_order_with_boxes(released):
    page = page_of(("407", 40, 40, 90), ("25", 450, 50, 90), ("96318", 60, 230, 80))
    readings = released.read_all(ImageOps.invert(page))
    assert [reading.number for reading in readings] == ["407", "25", "96318"]
    assert all(reading.confidence > 0.9 for reading in readings)
    left, top, _, bottom = readings[0].box
    assert (left, top, bottom) == pytest.approx((40, 40, 130), abs=STRIPE)
    for reading in readings:
        assert "".join(digit.digit for digit in reading.digits) == reading.number
        assert all(digit.confidence > 0.5 for digit in reading.digits)
        boxes = [digit.box for digit in reading.digits]
        assert boxes[0][0] == pytest.approx(reading.box[0], abs=STRIPE)
        assert boxes[-1][2] == pytest.approx(reading.box[2], abs=STRIPE)
        assert all(one[2] <= two[0] + STRIPE for one, two in itertools.pairwise(boxes))


def test_boxes_lie_around_each_digit_of_the_picture(released):
    own = [page_of((digit, 60 + 150 * i, 50, 100)) for i, digit in enumerate("835")]
    page = Image.fromarray(np.maximum.reduce([np.asarray(each) for each in own]))
    reading = released.read(ImageOps.invert(page))
    assert reading.number == "835"
    for digit, each in zip(reading.digits, own, strict=True):
        assert digit.box == pytest.approx(each.getbbox(), abs=6)


def test_boxes_of_a_large_turned_photograph_are_in_its_upright_pixels(released, tmp_path):
    page = ImageOps.invert(page_of(("52", 900, 700, 400), size=(2400, 1800)))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways: turn right to see it upright
    page.rotate(90, expand=True).save(tmp_path / "photo.jpg", exif=exif)
    [reading] = released.read_all(tmp_path / "photo.jpg")
    assert reading.number == "52"
    assert reading.box[:2] == pytest.approx((900, 700), abs=2 * STRIPE)
    assert reading.box[3] == pytest.approx(1100, abs=2 * STRIPE)


def test_numbers_of_more_than_five_digits_are_read_whole_by_read_and_by_read_all(released):
    page = page_of(("4073528", 20, 40, 90), size=(1000, 200))
    for reading in (released.read(page), *released.read_all(page)):
        assert reading.number == "4073528"
        assert reading.confidence > 0.5
        sides = [digit.box[0] for digit in reading.digits]
        assert sides == sorted(sides)
        assert reading.digits[0].box[0] == pytest.approx(reading.box[0], abs=STRIPE)
        assert reading.digits[-1].box[2] == pytest.approx(reading.box[2], abs=STRIPE)


def test_a_steep_number_is_read_and_its_boxes_lie_in_its_own(released):
    level = page_of(("4073", 150, 300, 90), size=(700, 700))
    for degrees in (-32, 32):
        [reading] = released.read_all(level.rotate(degrees, Image.Resampling.BICUBIC))
        assert reading.number == "4073"
        for left, top, right, bottom in (digit.box for digit in reading.digits):
            assert reading.box[0] <= left < right <= reading.box[2]
            assert reading.box[1] <= top < bottom <= reading.box[3]


def test_a_number_of_wide_gaps_is_one_where_that_is_said(released):
    page = page_of(("4", 20, 40, 90), ("7", 180, 40, 90), ("2", 520, 40, 90))
    assert [reading.number for reading in released.read_all(page)] == ["4", "7", "2"]
    assert released.read(page).number == "472"


def test_a_canvas_in_a_page_is_read_and_the_page_is_not(released):
    canvas = np.asarray(page_of(("407", 60, 60, 90), size=(400, 220)))
    page = np.full((600, 900), 255, np.uint8)
    page[200:420, 250:650] = np.maximum(canvas, 30)
    page[480:520, 250:380] = 90  # a button
    assert [reading.number for reading in released.read_all(Image.fromarray(page))] == ["407"]


def test_of_ink_nothing_is_never_sure(recognizer):
    [reading] = recognizer.read_strips(np.stack([coded(0, 0, 0, 255)]))
    assert (reading.number, reading.confidence) == ("", 0.0)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("digit", "0123456789")
def test_single_digits_of_28_pixels(released, tmp_path, form, digit):
    page_of((digit, 40, 40, 200), size=(280, 280)).resize((28, 28)).save(
        tmp_path / "digit", format=form
    )
    assert released.read(tmp_path / "digit").number == digit


def test_a_batch_reads_as_one_by_one(released):
    pages = [page_of((number, 30, 30, 90)) for number in ("1", "23", "456")]
    inks = [np.asarray(page) for page in pages]
    batch = released.read_batch([*inks, *pages])
    assert [reading.number for reading in batch] == ["1", "23", "456"] * 2
    one_by_one = [released.read(ink) for ink in inks]
    for together, alone in zip(batch, one_by_one, strict=False):
        assert [d.box for d in together.digits] == [d.box for d in alone.digits]
        assert together.confidence == pytest.approx(alone.confidence, abs=0.02)
    assert released.read_batch([]) == []


def test_reading_works_where_torch_is_forbidden(tmp_path):
    page_of(("407", 40, 40, 90)).save(tmp_path / "page.png")
    code = f"""
import sys
for name in ("torch", "torchvision", "safetensors", "onnx", "rich", "typer", "starlette"):
    sys.modules[name] = None  # importing it now raises ImportError
from pathlib import Path
from toolchain.reading import Recognizer
recognizer = Recognizer.load(Path({str(ROOT / "exports/optimized/optimized.int8.onnx")!r}))
print(recognizer.read_all(Path({str(tmp_path / "page.png")!r}))[0].number)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "407\n"


def test_the_sketchpad_works_where_torch_is_forbidden():
    code = "import sys; sys.modules['torch'] = None; import toolchain.sketchpad.serve"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
