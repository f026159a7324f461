"""Export: stored weights -> one float32 .onnx that takes a strip and gives digits and confidence.

Everything is exported from the weights as they are stored (float16), so that the stored file, the
PyTorch network rebuilt from it and the graph compute the same function.
"""

import json
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import onnx
import onnxsim
import torch

from generator.errors import BadInput
from generator.strip import MARGIN
from models import zoo
from models.ctc import ALPHABET, BLANK
from toolchain.data import checkpoint, samples
from toolchain.data.samples import SIDES, Samples
from toolchain.errors import FellShort
from toolchain.proof.calibration import NUMBERS as CALIBRATED_ON
from toolchain.proof.calibration import Calibration, calibrate
from toolchain.proof.reference import drop_in
from toolchain.reading.modelfile import FORMAT
from toolchain.reading.runtime import INPUT, OUTPUTS
from toolchain.storage import sha256

OPSET = 18


def store_weights(
    source: Path,
    variant: str,
    out: Path,
    numbers: Samples | None = None,
    count: int = CALIBRATED_ON,
) -> dict[str, Any]:
    """Write a checkpoint's network as float16 weights to `out`; returns the facts kept with it.

    Args:
        source: a checkpoint, or stored weights.
        variant: whose it must be.
        out: file to write.
        numbers: of validation digits, to calibrate the confidence on; None keeps what is known.
        count: how many of them.

    Raises:
        BadInput: `source` is no checkpoint of that variant.
    """
    model, facts = checkpoint.load_model(source, variant)
    tensors = {
        f"model.{name}": tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in model.state_dict().items()
    }
    kept = {key: facts[key] for key in facts if key not in ("step", "best")}
    if numbers is not None:
        kept["calibration"] = asdict(calibrate(model, numbers, count))
    kept["parameters"] = sum(parameter.numel() for parameter in model.parameters())
    checkpoint.save(out, tensors, kept)
    return kept


def export_onnx(weights: Path, out: Path) -> None:
    """Export stored weights as a simplified, checked float32 graph with metadata.

    Args:
        weights: what `store_weights` wrote.
        out: the .onnx to write.

    Raises:
        BadInput: `weights` is no checkpoint.
        FellShort: the graph failed ONNX's own checks.
    """
    network, facts = drop_in(weights)
    # Two strips, not one: a batch of one would be taken for a constant.
    example = samples.empty(facts["variant"], 2)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = Path(folder) / "raw.onnx"
        torch.onnx.export(
            network,
            (example,),
            str(raw),
            dynamo=True,
            verbose=False,
            external_data=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_shapes={INPUT: {0: torch.export.Dim("N")}},
        )
        graph, same = onnxsim.simplify(onnx.load(raw))
    if not same:
        raise FellShort("the simplified graph computes something else: keep the checkpoint")
    graph.producer_name, graph.doc_string = "nrtool", ""
    graph.ir_version = lowest_ir(graph)
    onnx.helper.set_model_props(graph, metadata(facts, weights))
    check_graph(graph)
    onnx.save(graph, out)


def lowest_ir(graph: onnx.ModelProto) -> int:
    """The lowest version of the file format that the graph's operators need."""
    return int(onnx.helper.find_min_ir_version_for(graph.opset_import, ignore_unknown=True))


def check_graph(graph: onnx.ModelProto) -> None:
    """ONNX's checker and strict shape inference, and our own contract of names and types.

    Raises:
        FellShort: names the check that failed.
    """
    try:
        onnx.checker.check_model(graph, full_check=True)
        onnx.shape_inference.infer_shapes(graph, check_type=True, strict_mode=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise FellShort(f"the graph is not valid ONNX: {error}") from None
    names = tuple(value.name for value in graph.graph.output)
    if [value.name for value in graph.graph.input] != [INPUT] or names != tuple(OUTPUTS):
        raise FellShort(f"the graph has outputs {names}, not {tuple(OUTPUTS)}")


def metadata(facts: Mapping[str, Any], weights: Path) -> dict[str, str]:
    """What a file says about itself, in `metadata_props`."""
    calibration = Calibration.of(dict(facts))
    found = {
        "format": FORMAT,
        "variant": str(facts["variant"]),
        "alphabet": ALPHABET,
        **_input(str(facts["variant"])),
        "polarity": "0 = background, 255 = ink",
        "data": json.dumps(facts.get("data", "unknown")),
        "recipe": json.dumps(facts.get("recipe", "unknown")),
        "validation_accuracy": _validation(facts),
        "parameters": str(facts.get("parameters", "unknown")),
        "license": "MIT",
        "commit": str(facts.get("commit", "unknown")),
        "weights_sha256": sha256(weights),
        "precision": "float32",
    }
    if calibration.threshold is not None:
        found["calibration"] = f"{calibration.slope:.4f}, {calibration.offset:.4f}"
        found["threshold"] = f"{calibration.threshold:.4f}"
    if calibration.verdict is not None:
        found["verdict"] = f"{calibration.verdict:.4f}"
    return found


def _input(variant: str) -> dict[str, str]:
    """What goes in and how what comes out is to be understood; runtimes refuse what they lack."""
    known = zoo.find(variant)
    decoder = known.build().decoder.name
    found = {
        known.input: "{}x{}".format(*SIDES[known.input]),
        "decoder": decoder,
        "digits": "{}-{}".format(*known.digits),
    }
    if decoder == "ctc":
        found["blank"] = str(BLANK)
    if known.input == "strip":
        return {**found, "layout": "NCHW, right-aligned", "margin": str(MARGIN)}
    return {**found, "layout": "NCHW, one digit, as MNIST places it"}


def _validation(facts: Mapping[str, Any]) -> str:
    history = facts.get("history") or []
    if "val_accuracy" in facts:  # an average's own
        return f"{facts['val_accuracy']:.4f}"
    return f"{max(row['val_accuracy'] for row in history):.4f}" if history else "unknown"


def find_weights(variant: str, runs: Path, exports: Path, named: Path | None = None) -> Path:
    """Where a variant's weights are: the named file, else the latest run, else the release.

    Raises:
        BadInput: there are none.
    """
    if named is not None:
        return named / "best.safetensors" if named.is_dir() else named
    trained = sorted(
        runs.glob("*/best.safetensors"),
        key=lambda path: path.stat().st_mtime,
    )
    for path in reversed(trained):
        if checkpoint.facts(path).get("variant") == variant:
            return path
    released = exports / variant / f"{variant}.safetensors"
    if released.is_file():
        return released
    raise BadInput(f"no trained {variant}: run `nrtool train --variant {variant}` first")
