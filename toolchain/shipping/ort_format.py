"""The .ort form of a model, and the list of operators that a reduced ONNX Runtime must have."""

import contextlib
import io
import logging
import shutil
import tempfile
from pathlib import Path

from onnxruntime.tools.convert_onnx_models_to_ort import (
    OptimizationStyle,
    convert_onnx_models_to_ort,
)

from toolchain.errors import FellShort


def convert(source: Path, folder: Path) -> tuple[Path, Path]:
    """Write `<name>.ort` and `<name>.required_operators.config` of an .onnx into a folder.

    The graph is optimised as far as it stays the same on every processor.

    Returns:
        The two files.

    Raises:
        FellShort: ONNX Runtime cannot convert it.
    """
    ort, config = (
        folder / f"{source.stem}{ending}" for ending in (".ort", ".required_operators.config")
    )
    with tempfile.TemporaryDirectory() as name:
        given, made = Path(name) / "given", Path(name) / "made"
        given.mkdir()
        made.mkdir()
        shutil.copyfile(source, given / source.name)
        logging.disable(logging.WARNING)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                convert_onnx_models_to_ort(
                    given,
                    output_dir=made,
                    optimization_styles=[OptimizationStyle.Fixed],
                    target_platform="arm",
                )
        except Exception as error:  # ONNX Runtime raises a class of its own for each kind
            raise FellShort(f"{source.name} cannot become .ort: {error}") from None
        finally:
            logging.disable(logging.NOTSET)
        shutil.copyfile(next(made.rglob("*.ort")), ort)
        lines = next(made.rglob("*.config")).read_text("utf-8").splitlines()
        # Its comments name folders of the machine that it was made on.
        kept = [line for line in lines if line and not line.startswith("#")]
        config.write_text("\n".join(kept) + "\n", "utf-8")
    return ort, config
