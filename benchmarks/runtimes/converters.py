"""What else could read the network on a phone: converting to each runtime, and running it there.

All take a strip uint8 [1, 1, 32, 128] and give log_probs float32 [1, T, C], on one thread.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from generator.strip import HEIGHT, WIDTH
from toolchain.reading.runtime import INPUT

EXAMPLE = torch.zeros(1, 1, HEIGHT, WIDTH)
Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True)
class Runtime:
    """One way to run the network.

    Attributes:
        convert: writes the network's files; takes the network, our float32 .onnx of it, a folder.
        load: opens them.
        files: those that an app would need, by their endings.
    """

    convert: Callable[[torch.nn.Module, Path, Path], None]
    load: Callable[[Path], Run]
    files: tuple[str, ...]


def to_openvino(_: torch.nn.Module, onnx: Path, folder: Path) -> None:
    """Our .onnx as it is, weights as float16."""
    import openvino as ov

    ov.save_model(ov.convert_model(onnx), folder / "model.xml", compress_to_fp16=True)


def open_openvino(folder: Path, precision: str) -> Run:
    """`precision` is what it computes in."""
    import openvino as ov

    settings = {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": precision,
    }
    request = ov.Core().compile_model(folder / "model.xml", "CPU", settings).create_infer_request()
    return lambda strip: request.infer({INPUT: strip})["log_probs"]


def to_ncnn(network: torch.nn.Module, _: Path, folder: Path) -> None:
    """By pnnx, from the traced network; weights as float16."""
    import pnnx

    pnnx.export(network, str(folder / "model.pt"), (EXAMPLE,))


def open_ncnn(folder: Path) -> Run:
    """Two files: the network and its weights."""
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = 1
    net.load_param(str(folder / "model.ncnn.param"))
    net.load_model(str(folder / "model.ncnn.bin"))

    def run(strip: NDArray[np.uint8]) -> NDArray[np.float32]:
        ink = _scaled(strip)[0]
        image = ncnn.Mat(ink)  # borrows, and the extractor too: both must outlive the run
        with net.create_extractor() as extractor:
            extractor.input("in0", image)
            return np.array(extractor.extract("out0")[1])[None]

    return run


def to_mnn(network: torch.nn.Module, _: Path, folder: Path, *options: str) -> None:
    """By MNN's own converter, told to keep the LSTM: what it makes of it otherwise crashes.

    Called directly: the command that wraps it installs a package of its maker's unasked and reports
    every conversion to them.
    """
    import _tools

    plain, converted = str(folder / "plain.onnx"), str(folder / "model.mnn")
    names = {"input_names": ["image"], "output_names": ["log_probs"]}
    torch.onnx.export(network, (EXAMPLE,), plain, dynamo=True, **names)
    files = ["--modelFile", plain, "--MNNModel", converted, "--bizCode", "MNN"]
    _tools.mnnconvert(["mnnconvert", "-f", "ONNX", *files, "--useOriginRNNImpl", *options])


def open_mnn(folder: Path) -> Run:
    """One file."""
    import MNN

    settings = {"backend": "CPU", "numThread": 1, "precision": "normal"}
    module = MNN.nn.load_module_from_file(
        str(folder / "model.mnn"),
        ["image"],
        ["log_probs"],
        runtime_manager=MNN.nn.create_runtime_manager((settings,)),
    )

    def run(strip: NDArray[np.uint8]) -> NDArray[np.float32]:
        ink = MNN.expr.placeholder(list(strip.shape), MNN.expr.NCHW)
        ink.write(_scaled(strip))
        return np.array(module.forward([ink])[0].read(), copy=True)

    return run


def to_litert(network: torch.nn.Module, _: Path, folder: Path, int8: bool = False) -> None:
    """From PyTorch, the LSTM unrolled; `int8` keeps and multiplies its weights as such."""
    import litert_torch
    from ai_edge_quantizer import quantizer, recipe

    converted = folder / "model.tflite"
    litert_torch.convert(network, (EXAMPLE,)).export(str(converted))
    if int8:
        quantized = quantizer.Quantizer(str(converted), recipe.dynamic_wi8_afp32()).quantize()
        quantized.export_model(str(converted), overwrite=True)


def open_litert(folder: Path) -> Run:
    """One file, with XNNPACK where it can."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(folder / "model.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    (given,), (wanted,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run(strip: NDArray[np.uint8]) -> NDArray[np.float32]:
        interpreter.set_tensor(given["index"], _scaled(strip))
        interpreter.invoke()
        return interpreter.get_tensor(wanted["index"])

    return run


def to_executorch(network: torch.nn.Module, _: Path, folder: Path) -> None:
    """Lowered to XNNPACK, the LSTM unrolled, which takes many minutes."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    exported = torch.export.export(network, (EXAMPLE,))
    lowered = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()])
    (folder / "model.pte").write_bytes(lowered.to_executorch().buffer)


def open_executorch(folder: Path) -> Run:
    """One file."""
    from executorch.runtime import Runtime as Library

    method = Library.get().load_program(folder / "model.pte").load_method("forward")

    def run(strip: NDArray[np.uint8]) -> NDArray[np.float32]:
        (log_probs,) = method.execute([torch.from_numpy(_scaled(strip))])
        return log_probs.numpy()

    return run


def _scaled(strip: NDArray[np.uint8]) -> NDArray[np.float32]:
    return strip / np.float32(255)


RUNTIMES = {
    "OpenVINO, float32": Runtime(
        to_openvino, partial(open_openvino, precision="f32"), (".xml", ".bin")
    ),
    "OpenVINO, bfloat16": Runtime(
        to_openvino, partial(open_openvino, precision="bf16"), (".xml", ".bin")
    ),
    "ncnn, float16 weights": Runtime(to_ncnn, open_ncnn, (".ncnn.param", ".ncnn.bin")),
    "MNN, float32": Runtime(to_mnn, open_mnn, (".mnn",)),
    "MNN, int8 weights": Runtime(
        lambda network, onnx, folder: to_mnn(network, onnx, folder, "--weightQuantBits", "8"),
        open_mnn,
        (".mnn",),
    ),
    "LiteRT, float32": Runtime(to_litert, open_litert, (".tflite",)),
    "LiteRT, int8 weights": Runtime(partial(to_litert, int8=True), open_litert, (".tflite",)),
    "ExecuTorch, float32": Runtime(to_executorch, open_executorch, (".pte",)),
}
