"""The search for an int8 recipe: all are built and measured side by side, the best one ships."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolchain.data.samples import Samples
from toolchain.errors import FellShort
from toolchain.proof.bench import in_turns
from toolchain.proof.comparison import Comparison
from toolchain.reading.runtime import INPUT, open_model
from toolchain.shipping.quantize import (
    CALIBRATION_NUMBERS,
    CALIBRATION_SEED,
    RECIPES,
    SLOWEST,
    quantize,
)
from toolchain.shipping.rounding import Rounded

SEED = 4_000_037  # of the numbers that the recipes are compared on
NUMBERS = 2_000
RUNS = 60
# Costs within this factor of the cheapest count as equal, for latency is not measured finer. So do
# sizes that agree to this many decimals of float32's.
NEAR = 1.25
DECIMALS = 3


@dataclass(frozen=True)
class Candidate:
    """One recipe, measured; shares are of float32.

    Attributes:
        name: of the recipe; about: what it does.
        size: bytes.
        size_share: of float32's.
        milliseconds: median for one strip, one thread.
        latency_share: of float32's median in the same turns.
        accuracy: numbers read exactly, %.
        loss: points of accuracy below float32; below 0 where it reads more.
        error: standard error of the loss, points.
        mismatches: numbers that float32 reads differently.
        seconds: that it took to build.
        within: whether it keeps the bounds.
        front: whether none is at least as small, fast and close, and better in one of these.
    """

    name: str
    about: str
    size: int
    size_share: float
    milliseconds: float
    latency_share: float
    accuracy: float
    loss: float
    error: float
    mismatches: int
    seconds: float
    within: bool
    front: bool

    @property
    def cost(self) -> float:
        """Size times latency, relative to float32."""
        return self.size_share * self.latency_share


@dataclass(frozen=True)
class Search:
    """The whole table, the name of the recipe that ships, and what the gates refused of better."""

    numbers: str
    seed: int
    count: int
    float32: dict[str, float]
    candidates: list[Candidate]
    winner: str
    refused: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain data for files and machines."""
        return asdict(self)


def search(
    float32: Path,
    folder: Path,
    numbers: Samples,
    names: list[str],
    loss_bound: float,
    count: int = NUMBERS,
    on_step: Callable[[int, str], None] = lambda done, name: None,
) -> Search:
    """Build each recipe as `folder`/<name>.onnx, measure all, and choose one.

    Args:
        float32: the .onnx to quantise.
        folder: where the candidates are written.
        numbers: of validation digits; its seed is replaced by our own.
        names: recipes to try.
        count: numbers to compare the recipes on.
        loss_bound: points of accuracy that a recipe may lose, and what so few numbers cannot tell
            from that, 1.96 standard errors, more; the gates ask again, on many.
        on_step: called with how many recipes are done and the name of the next.

    Raises:
        FellShort: no recipe can be built, or none keeps the bounds; with what was measured.
    """
    strips = numbers.seeded(CALIBRATION_SEED)(0, CALIBRATION_NUMBERS).strips.numpy()
    files, seconds, refused = {"float32": float32}, {}, {}
    rounded: Rounded = {}
    for done, name in enumerate(names):
        on_step(done, name)
        start = time.perf_counter()
        try:
            quantize(float32, folder / f"{name}.onnx", strips, name, rounded)
        except FellShort as unfit:
            refused[name] = str(unfit)
            continue
        seconds[name] = time.perf_counter() - start
        files[name] = folder / f"{name}.onnx"
    on_step(len(names), "measuring")
    names = [name for name in names if name in files]
    if not names:
        raise FellShort("; ".join(refused.values()))
    batch = numbers.seeded(SEED)(0, numbers.different(count))
    shown = batch.strips.numpy()
    times = in_turns(files, shown[:RUNS], threads=1, runs=RUNS)
    tally, right = _read(files, shown, batch.digits.numpy())
    readers = {reader.name: reader for reader in tally.readers()}
    gaps = {difference.between[1]: difference for difference in tally.differences()}
    whole, median = float32.stat().st_size, float(np.median(times["float32"]))
    found = []
    for name in names:
        change = right["float32"].astype(int) - right[name].astype(int)
        size, share = files[name].stat().st_size, float(np.median(times[name])) / median
        loss, error = 100 * float(change.mean()), 100 * float(change.std()) / np.sqrt(len(change))
        found.append(
            Candidate(
                name,
                RECIPES[name].about,
                size,
                size / whole,
                float(np.median(times[name])),
                share,
                readers[name].accuracy,
                loss,
                float(error),
                gaps[name].mismatches,
                seconds[name],
                bool(loss <= loss_bound + 1.96 * error and share <= SLOWEST and size < whole),
                False,
            )
        )
    found = on_front(found)
    return Search(
        "numbers from validation digits",
        SEED,
        len(shown),
        {"size": whole, "milliseconds": median, "accuracy": readers["float32"].accuracy},
        found,
        choose(found).name,
        refused,
    )


def _read(
    files: dict[str, Path], strips: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[Comparison, dict[str, NDArray[np.bool_]]]:
    names = list(files)
    tally = Comparison(names, [("float32", name) for name in names[1:]], np.inf)
    sessions = {name: open_model(path) for name, path in files.items()}
    for first in range(0, len(strips), 100):
        some = slice(first, first + 100)
        outputs = {}
        for name, session in sessions.items():
            each = [session.run(None, {INPUT: strip[None]}) for strip in strips[some]]
            log_probs, digits, sure = (np.concatenate(parts) for parts in zip(*each, strict=True))
            outputs[name] = (log_probs, digits, sure)
        tally.add(strips[some], labels[some], outputs)
    return tally, {name: np.concatenate(parts) for name, parts in tally.right.items()}


def on_front(candidates: list[Candidate]) -> list[Candidate]:
    """The same candidates, with those marked that no other dominates."""

    def figures(one: Candidate) -> tuple[float, ...]:
        return one.size, one.milliseconds, one.mismatches

    def dominated(one: Candidate) -> bool:
        return any(
            all(a <= b for a, b in zip(figures(other), figures(one), strict=True))
            and figures(other) != figures(one)
            for other in candidates
        )

    return [
        Candidate(**{**asdict(candidate), "front": not dominated(candidate)})
        for candidate in candidates
    ]


def in_order(candidates: list[Candidate]) -> Iterator[Candidate]:
    """The candidates within the bounds as `choose` takes them, each once the last was refused.

    Raises:
        FellShort: none keeps the bounds.
    """
    left = list(candidates)
    chosen = choose(left)
    while True:
        yield chosen
        left.remove(chosen)
        if not any(candidate.within for candidate in left):
            return
        chosen = choose(left)


def choose(candidates: list[Candidate]) -> Candidate:
    """Of those within the bounds, the smallest among the cheapest that are closest to float32.

    Mismatches within one standard error of the fewest are equally close. It always lies on the
    Pareto front: whatever dominates it would be as cheap, as close and as small.

    Raises:
        FellShort: none keeps the bounds.
    """
    within = [candidate for candidate in candidates if candidate.within]
    if not within:
        table = "; ".join(
            f"{each.name}: {each.size_share:.0%} of the size, {each.latency_share:.2f} of the "
            f"time, loses {each.loss:.2f} points"
            for each in candidates
        )
        raise FellShort(f"gate 'recipe' failed: no int8 recipe keeps the bounds ({table})")
    cheapest = min(candidate.cost for candidate in within)
    near = [candidate for candidate in within if candidate.cost <= NEAR * cheapest]
    fewest = min(candidate.mismatches for candidate in near)
    close = [each for each in near if each.mismatches <= fewest + math.sqrt(fewest)]
    return min(close, key=_merits)


def _merits(one: Candidate) -> tuple[float, ...]:
    return round(one.size_share, DECIMALS), one.mismatches, one.milliseconds, one.size
