"""TorchScript: the same network for programs that have libtorch instead of ONNX Runtime."""

import io
import json
import warnings
from pathlib import Path

import torch

from toolchain.data import samples
from toolchain.proof.reference import drop_in
from toolchain.shipping.export import metadata

FACTS = "metadata.json"  # the extra file in which it explains itself, as the .onnx does


def export_torchscript(weights: Path, out: Path) -> None:
    """Trace stored weights to a TorchScript file with the inputs and outputs of the .onnx.

    Args:
        weights: what `store_weights` wrote.
        out: the .pt to write.

    Raises:
        BadInput: `weights` is no checkpoint.
    """
    network, facts = drop_in(weights)
    with torch.no_grad(), warnings.catch_warnings():
        # Sizes become constants, which is right for all but the batch's; and PyTorch would have us
        # use torch.export, which other programs cannot load.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(
            network,
            samples.empty(facts["variant"], 2),
            check_inputs=[(samples.empty(facts["variant"], 3),)],
        )
        told = metadata(facts, weights)
        # By way of memory: PyTorch's own writer calls a full disk no error of the disk.
        made = io.BytesIO()
        torch.jit.save(traced, made, _extra_files={FACTS: json.dumps(told).encode()})
    out.write_bytes(made.getvalue())
