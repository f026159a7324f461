"""Which model file is read with, and its bytes, bounded."""

from pathlib import Path

from generator.errors import BadInput
from generator.files import open_regular
from toolchain.storage import EXPORTS

MAX_MEGABYTES = 256
MEND = "export one with nrtool export"
USUAL, BUNDLED = "optimized", "lightweight"  # read with where there is a choice; comes along
FORMAT = "nrtool/1"  # metadata key "format": by this the runtimes know a file of ours


def shipped(variant: str, exports: Path) -> Path:
    """What a release reads with: its int8 file, or float32 where int8 did not ship."""
    int8, float32 = (exports / variant / f"{variant}{end}" for end in (".int8.onnx", ".onnx"))
    return float32 if float32.is_file() and not int8.is_file() else int8


def bundled() -> Path:
    """The small release that comes with the package; in a checkout, the one in its exports/."""
    inside = Path(__file__).parent / "models" / f"{BUNDLED}.int8.onnx"
    return inside if inside.is_file() else shipped(BUNDLED, Path(__file__).parents[2] / EXPORTS)


def chosen(variant: str | None, exports: Path | None) -> Path:
    """What pictures are read with where no file is named.

    Args:
        variant: None is `USUAL`.
        exports: where releases are kept; None is `EXPORTS`, and where the release is not in it,
            the bundled one is read with, unless another variant is named.
    """
    release = shipped(variant or USUAL, exports or EXPORTS)
    gives_way = exports is None and variant in (None, BUNDLED) and not release.is_file()
    return bundled() if gives_way else release


def read_model(path: Path) -> bytes:
    """The bytes of an .onnx.

    Raises:
        BadInput: missing, empty or too large.
    """
    name = repr(str(path))
    try:
        with open_regular(path) as file:
            content = file.read(MAX_MEGABYTES * 10**6 + 1)
    except (OSError, BadInput):  # whatever else it is, it is no file
        content = b""
    if not content:
        raise BadInput(f"{name} is missing or empty: {MEND}")
    if len(content) > MAX_MEGABYTES * 10**6:
        raise BadInput(f"{name} is larger than {MAX_MEGABYTES} MB, so it is none of ours: {MEND}")
    return content
