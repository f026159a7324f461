"""The bytes of a model file, bounded."""

from pathlib import Path

from generator.errors import BadInput

MAX_MEGABYTES = 256
MEND = "export one with nrtool export"
FORMAT = "nrtool/1"  # metadata key "format": by this the runtimes know a file of ours


def shipped(variant: str, exports: Path) -> Path:
    """What a release reads with: its int8 file, or float32 where int8 did not ship."""
    int8, float32 = (exports / variant / f"{variant}{end}" for end in (".int8.onnx", ".onnx"))
    return float32 if float32.is_file() and not int8.is_file() else int8


def read_model(path: Path) -> bytes:
    """The bytes of an .onnx.

    Raises:
        BadInput: missing, empty or too large.
    """
    name = repr(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(MAX_MEGABYTES * 10**6 + 1)
    except (OSError, ValueError):  # ValueError: a name that no file can have
        content = b""
    if not content:
        raise BadInput(f"{name} is missing or empty: {MEND}")
    if len(content) > MAX_MEGABYTES * 10**6:
        raise BadInput(f"{name} is larger than {MAX_MEGABYTES} MB, so it is none of ours: {MEND}")
    return content
