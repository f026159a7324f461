"""Real digits, loaded once; stroke digits are drawn here, since no data set ships with the code."""

import json
import math
import os
import signal

# Before torch is there. Threads that wait for each other take ten times as long where others, such
# as tests beside these, keep the cores busy; what a test starts inherits it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from hypothesis import HealthCheck, settings

from generator.digits import DigitBank
from generator.glyphs import mnist_glyphs, stroke_glyphs
from generator.numbers import NumberGenerator
from models import zoo
from toolchain.data import checkpoint
from toolchain.shipping import export
from toolchain.shipping.quantize import quantize

# Ignored where tests run in the background, and then by all that they start and mean to stop.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No example fails because the machine is slow.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

WRITERS = [f"writer-{i}" for i in range(40)]


def stroke_line(label: int, writer: str, wobble: float = 0.0) -> str:
    """One digit as a line of strokes: an oval for 0, a bar for 1, else label + 2 zigzags."""
    if label == 0:
        turns = [i * math.pi / 12 for i in range(25)]
        points = [[0.5 + (0.3 + wobble) * math.sin(t), 0.5 - 0.5 * math.cos(t)] for t in turns]
    elif label == 1:
        points = [[0.5 + wobble, 0.0], [0.5, 1.0]]
    else:
        points = [[(i % 2) * (0.6 + wobble), i / (label + 1)] for i in range(label + 2)]
    record = {"label": str(label), "writer": writer, "source": "drawn", "strokes": [points]}
    return json.dumps(record)


@pytest.fixture(scope="session")
def strokes_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strokes")
    lines = [
        stroke_line(label, writer, wobble=index / 400)
        for index, writer in enumerate(WRITERS)
        for label in range(10)
    ]
    (folder / "drawn.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="session")
def mnist_val():
    return mnist_glyphs("val")


@pytest.fixture(scope="session")
def bank(mnist_val, strokes_folder):
    return DigitBank([mnist_val, stroke_glyphs(strokes_folder, "train")])


@pytest.fixture(scope="session")
def numbers(bank):
    return NumberGenerator(bank, seed=11)


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A stored, untrained lightweight network."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    model = zoo.build("lightweight")
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    checkpoint.save(folder / "best.safetensors", tensors, {"variant": "lightweight"})
    export.store_weights(folder / "best.safetensors", "lightweight", folder / "stored.safetensors")
    return folder / "stored.safetensors"


@pytest.fixture(scope="session")
def float32(weights):
    """The same network as a float32 graph."""
    path = weights.parent / "model.onnx"
    export.export_onnx(weights, path)
    return path


@pytest.fixture(scope="session")
def int8(float32, numbers):
    """And as int8."""
    path = float32.parent / "model.int8.onnx"
    quantize(float32, path, numbers(0, 128).strips.numpy())
    return path


@pytest.fixture
def release_folder(tmp_path, weights):
    """A release's folder that holds no more than its weights."""
    made = tmp_path / "lightweight"
    made.mkdir()
    (made / "lightweight.safetensors").write_bytes(weights.read_bytes())
    return made
