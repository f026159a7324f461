"""How well a model reads, cut into slices: by length, size, touching digits, pen and slant."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from rapidfuzz.distance import Levenshtein

from generator.numbers import NumberGenerator
from generator.shards import number_text
from generator.style import Style
from toolchain.data.samples import Samples
from toolchain.proof.calibration import Point, Trust, point, trust
from toolchain.proof.verdict import Verdict
from toolchain.proof.writers import ByWriter
from toolchain.reading.runtime import run_each
from toolchain.training.accuracy import wilson

BATCH = 250
SMALL, LARGE = 18, 25  # ink height in px: below is small, from here on large
CONFUSIONS = 12

Strips = NDArray[np.uint8]

# Ways of writing that a model must take as well as the usual mix; each narrows one range.
WAYS: dict[str, dict[str, Any]] = {
    "thin pen": {"brush": (0.0625, 0.075)},
    "thick pen": {"brush": (0.19, 0.21)},
    "leaning": {"slant": 0.4},
    "wide digits": {"aspect": (1.15, 1.3)},
    "narrow digits": {"aspect": (0.75, 0.85)},
    "very small": {"large_share": 0.0, "small": (12.0, 14.0)},
    "very large": {"large_share": 1.0, "large": (28.0, 30.0)},
    "tight": {"gap": (-0.05, 0.0)},
    "wide apart": {"gap": (0.45, 0.7)},
}


@dataclass(frozen=True)
class Slice:
    """Numbers of one kind: how many, how many of them read exactly; accuracy in %."""

    name: str
    count: int
    right: int
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Evaluation:
    """How one model read the numbers of one source.

    Attributes:
        numbers: what they are.
        seed: of the numbers.
        all: every number.
        digit_error_rate: edits per digit (insertions, deletions, substitutions), in %.
        slices: by length, by touching, by size.
        confusions: "written -> read" and how often; "-" is nothing.
        trust: what the confidence is worth.
        shipped: risk and coverage at the threshold in the file's metadata, if it has one.
        writers: the accuracy that weighs every writer alike, where writers are known.
        told_apart: numbers without a digit that people can't tell, where such are listed.
        verdict: what asking about the expected answer is worth, of a CTC.
    """

    numbers: str
    seed: int
    all: Slice
    digit_error_rate: float
    slices: list[Slice]
    confusions: list[tuple[str, int]]
    trust: Trust
    shipped: Point | None
    writers: ByWriter | None = None
    told_apart: Slice | None = None
    verdict: Verdict | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data for files and machines."""
        return asdict(self)


@dataclass(frozen=True)
class Readings:
    """What was read: texts written and read, confidence float32 [N], strips uint8 [N, 1, H, W].

    The strips are kept of misread numbers alone, up to a limit; `log_probs` float32 [N, T, C] and
    the digits written, int64 [N, 5], only where they are asked for.
    """

    written: list[str]
    read: list[str]
    confidence: NDArray[np.float32]
    height: NDArray[np.int64]
    apart: NDArray[np.bool_]
    errors: dict[int, Strips]
    log_probs: NDArray[np.float32] | None = None
    digits: NDArray[np.int64] | None = None

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which were read exactly: bool [N]."""
        return np.array([w == r for w, r in zip(self.written, self.read, strict=True)])


def read_numbers(
    session: InferenceSession,
    numbers: Samples,
    count: int,
    *,
    errors: int = 0,
    scores: bool = False,
    on_batch: Callable[[int], None] = lambda done: None,
) -> Readings:
    """Read samples 0 .. count - 1 with an exported model.

    Up to `errors` misread strips are kept, and with `scores` what the network said of each number.
    """
    written, read = [], []
    confidence, heights, apart = [], [], []
    wrong: dict[int, Strips] = {}
    said, truth = [], []
    outputs = ["digits", "confidence", *["log_probs"] * scores]
    for first in range(0, count, BATCH):
        batch = numbers(first, min(BATCH, count - first))
        strips = batch.strips.cpu().numpy()
        digits, sure, *log_probs = run_each(session, strips, outputs)
        said += log_probs
        truth.append(batch.digits.cpu().numpy())
        labels = [number_text(row) for row in truth[-1]]
        texts = [number_text(row) for row in digits]
        for row, (label, text) in enumerate(zip(labels, texts, strict=True)):
            if label != text and len(wrong) < errors:
                wrong[first + row] = strips[row]
        inked: NDArray[np.bool_] = np.greater(strips[:, 0], 64)
        rows = np.any(inked, axis=2)
        heights.append(strips.shape[2] - rows.argmax(1) - rows[:, ::-1].argmax(1))
        columns = np.any(inked, axis=1)
        runs = (columns[:, 1:] & ~columns[:, :-1]).sum(1) + columns[:, 0]
        apart.append(runs >= [len(label) for label in labels])
        written += labels
        read += texts
        confidence.append(sure)
        on_batch(first + len(labels))
    return Readings(
        written,
        read,
        np.concatenate(confidence),
        np.concatenate(heights),
        np.concatenate(apart),
        wrong,
        np.concatenate(said) if scores else None,
        np.concatenate(truth) if scores else None,
    )


def evaluation(
    readings: Readings, described: str, seed: int, threshold: float | None = None
) -> Evaluation:
    """Cut what was read into slices; `threshold` is the file's own."""
    right = readings.right
    lengths = np.array([len(label) for label in readings.written])
    kinds = {
        **{f"{n} digit{'s' * (n > 1)}": lengths == n for n in np.unique(lengths).tolist()},
        "digits apart": readings.apart & (lengths > 1),
        "digits over or at one another": ~readings.apart & (lengths > 1),
        f"ink below {SMALL} px": readings.height < SMALL,
        f"{SMALL} to {LARGE - 1} px": (readings.height >= SMALL) & (readings.height < LARGE),
        f"from {LARGE} px": readings.height >= LARGE,
    }
    edits: Counter[str] = Counter()
    for written, read in zip(readings.written, readings.read, strict=True):
        if written != read:
            edits.update(_edits(written, read))
    return Evaluation(
        described,
        seed,
        share_right("all", right),
        float(100 * edits.total() / lengths.sum()),
        [share_right(name, right[chosen]) for name, chosen in kinds.items() if chosen.any()],
        edits.most_common(CONFUSIONS),
        trust(readings.confidence, right),
        None if threshold is None else point(readings.confidence, right, threshold),
    )


def robustness(
    session: InferenceSession,
    numbers: NumberGenerator,
    count: int,
    on_batch: Callable[[int], None] = lambda done: None,
) -> list[Slice]:
    """Accuracy on the usual mix, then on each of `WAYS`, over `count` numbers each."""
    found = []
    for name, style in _styles(WAYS):
        readings = read_numbers(session, NumberGenerator(numbers.bank, numbers.seed, style), count)
        found.append(share_right(name, readings.right))
        on_batch(len(found) * count)
    return found


def _styles(ways: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Style]]:
    yield "as usual", Style()
    for name, changes in ways.items():
        yield name, replace(Style(), **changes)


def share_right(name: str, right: NDArray[np.bool_]) -> Slice:
    """The slice of numbers of which bool [N] says which were read exactly."""
    hits, count = int(right.sum()), len(right)
    low, high = wilson(hits, count)
    return Slice(name, count, hits, 100 * hits / max(1, count), (100 * low, 100 * high))


def _edits(written: str, read: str) -> Iterator[str]:
    for edit in Levenshtein.editops(written, read):
        was = "-" if edit.tag == "insert" else written[edit.src_pos]
        now = "-" if edit.tag == "delete" else read[edit.dest_pos]
        yield f"{was} -> {now}"
