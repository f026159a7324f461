"""Opening an exported model with ONNX Runtime, and refusing what is not one of ours."""

from pathlib import Path

from onnxruntime import InferenceSession, SessionOptions

from generator.errors import BadInput
from generator.square import SIDE
from generator.strip import HEIGHT, WIDTH
from toolchain.reading.graphfile import read_judged
from toolchain.reading.modelfile import MEND

INPUT = "image"
PROVIDER = "CPUExecutionProvider"
SIZES = ([1, HEIGHT, WIDTH], [1, SIDE, SIDE])  # a strip, or a square with one digit
OUTPUTS = {"log_probs": "tensor(float)", "digits": "tensor(int64)", "confidence": "tensor(float)"}


def open_model(path: Path, threads: int = 1, profile: Path | None = None) -> InferenceSession:
    """An inference session on the CPU.

    A file may come from anywhere: it is judged before it is loaded.

    Args:
        path: an .onnx made by the export.
        threads: that one run may use; one is fastest for one small picture.
        profile: beginning of the name of a file to write the time of each operator to.

    Raises:
        BadInput: the file is missing, empty, damaged, or a model of another kind.
    """
    name = repr(str(path))
    content = read_judged(path)
    options = SessionOptions()
    options.intra_op_num_threads = threads
    if profile is not None:
        options.enable_profiling, options.profile_file_prefix = True, str(profile)
    options.log_severity_level = 4  # what is wrong is said below, in one line
    try:
        # Its fallback would try the same once more, and print what is wrong on stdout.
        session = InferenceSession(content, options, providers=[PROVIDER], enable_fallback=0)
        problem = _mismatch(session)
    except Exception:  # ONNX Runtime raises a class of its own for each kind of damage
        raise BadInput(f"{name} is damaged or not an ONNX model: {MEND}") from None
    if problem:
        raise BadInput(f"{name} is a model of another kind ({problem}): {MEND}")
    return session


def _mismatch(session: InferenceSession) -> str:
    """What keeps a model from being one of ours, "" if nothing does."""
    inputs = {item.name: (item.type, item.shape[1:]) for item in session.get_inputs()}
    if inputs not in [{INPUT: ("tensor(uint8)", size)} for size in SIZES]:
        return (
            f"its input is not {INPUT}: uint8 [N, 1, {HEIGHT}, {WIDTH}] or [N, 1, {SIDE}, {SIDE}]"
        )
    if {item.name: item.type for item in session.get_outputs()} != OUTPUTS:
        return f"it lacks the outputs {', '.join(OUTPUTS)}"
    metadata = session.get_modelmeta().custom_metadata_map
    missing = [key for key in ("variant", "alphabet") if not metadata.get(key)]
    return f"it lacks the metadata {', '.join(missing)}" if missing else ""
