"""TorchScript: the same network for programs that have libtorch instead of ONNX Runtime."""

import json
import warnings
from pathlib import Path

import torch

from toolchain import checkpoint, samples
from toolchain.calibration import Calibration
from toolchain.export import DropIn, metadata

FACTS = "metadata.json"  # the extra file in which it explains itself, as the .onnx does


def export_script(weights: Path, out: Path) -> None:
    """Trace stored weights to a TorchScript file with the inputs and outputs of the .onnx.

    Args:
        weights: what `store_weights` wrote.
        out: the .pt to write.

    Raises:
        BadInput: `weights` is no checkpoint.
    """
    model, facts = checkpoint.load_model(weights)
    network = DropIn(model, Calibration.of(facts)).eval()
    with torch.no_grad(), warnings.catch_warnings():
        # That the tracer keeps sizes as constants is what we want of all but the batch's.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(
            network,
            samples.empty(facts["variant"], 2),
            check_inputs=[(samples.empty(facts["variant"], 3),)],
        )
    told = {**metadata(facts, weights), "precision": "float32"}
    torch.jit.save(traced, str(out), _extra_files={FACTS: json.dumps(told).encode()})
