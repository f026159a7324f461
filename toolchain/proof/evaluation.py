"""Judging a model: every source of unseen numbers, and the ways of writing; kept as JSON."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from generator import middle_lines
from generator.digits import DigitBank
from generator.errors import BadInput
from generator.numbers import NumberGenerator
from generator.sheet import contact_sheet
from toolchain import console, storage
from toolchain.data import samples
from toolchain.data.sources import REDRAWN_DIGITS, TEST_DIGITS, WRITERS_DIGITS, Digits
from toolchain.proof.robustness import KINDS, Writers, measure
from toolchain.proof.slices import WAYS, Readings, evaluation, read_numbers, robustness
from toolchain.reading.modelfile import shipped
from toolchain.reading.runtime import open_model
from toolchain.report.card import write_card
from toolchain.storage import sha256

SEED = 5_000_011
SHOWN = 80  # misread numbers on the picture
ROBUST_SHARE = 10  # each way of writing is read so many times less often
DRAWN_SHARE = 20  # and each kind of drawing, whose ink takes longer to find than to read


def evaluate(
    variant: str,
    model: Path | None,
    exports: Path,
    digits: Digits,
    count: int,
    errors: Path | None,
    save: bool = False,
) -> dict[str, Any]:
    """Read `count` numbers of each source; `save` keeps a release's own as evaluation.json.

    Numbers are written with MNIST test digits, with the same redrawn as pen strokes where
    scikit-image is installed, and with the custom digits' validation writers where there are any;
    the ways of writing are tried with the last of them. Drawings on a canvas take those writers'
    strokes, or procedural ones, and are found and fitted first.

    Raises:
        BadInput: the model is missing or foreign, the picture cannot be a PNG, or `save` is asked
            for another model than the release's.
    """
    if save and model is not None:
        raise BadInput("--save keeps what is said of the release itself: leave out --model")
    if errors is not None and errors.suffix != ".png":
        raise BadInput(f"--errors {errors} must end in .png")
    path = model or shipped(variant, exports)
    session = open_model(path, threads=2)
    told = session.get_modelmeta().custom_metadata_map
    threshold = float(told["threshold"]) if "threshold" in told else None
    banks: list[tuple[str, DigitBank]] = [(TEST_DIGITS, Digits(digits.mnist).bank("test"))]
    if middle_lines.is_installed():
        redrawn = Digits(digits.mnist, redrawn_share=1.0)
        redrawn.prepare("test")
        banks.append((REDRAWN_DIGITS, redrawn.bank("test")))
    if digits.custom:
        banks.append((WRITERS_DIGITS, digits.custom_bank("val")))
    sources, misread = [], []
    variant = told["variant"]
    for source, bank in banks:
        read = samples.held_out(variant, source, bank, SEED, count)
        numbers, described = read.samples, read.described
        with console.progress(described, read.count) as update:
            readings = read_numbers(session, numbers, read.count, errors=SHOWN, on_batch=update)
        sources.append(evaluation(readings, described, SEED, threshold).as_json())
        misread.append(readings)
    each, ways = max(100, count // ROBUST_SHARE), []
    drawn_by, drawings = "", []
    # Of single or pasted digits there is but one way.
    if isinstance(numbers, NumberGenerator) and not samples.is_pasted(variant):
        with console.progress("ways of writing", each * (1 + len(WAYS))) as update:
            ways = robustness(session, numbers, each, update)
        drawn_by, strokes = digits.strokes("val")
        drawn = count // DRAWN_SHARE
        with console.progress("drawings", drawn * len(KINDS)) as update:
            drawings = measure(session, Writers(strokes, SEED), drawn, update)
    report = {
        "variant": variant,
        "model": path.name,
        "model_sha256": sha256(path),
        "sources": sources,
        "ways_of": described,
        "ways": [asdict(way) for way in ways],
        "drawings_of": drawn_by,
        "drawings": [asdict(kind) for kind in drawings],
    }
    if save:
        storage.write_json(exports / variant / "evaluation.json", report)
        write_card(exports / variant)
    if errors is not None:
        _draw(misread, errors)
    return report


def _draw(misread: list[Readings], path: Path) -> None:
    chosen = [
        (strip, f"{readings.written[index]} read as {readings.read[index] or 'nothing'}")
        for readings in misread
        for index, strip in readings.errors.items()
    ]
    if not chosen:
        raise BadInput("no number was misread: there is nothing to draw")
    sheet = contact_sheet(np.stack([strip for strip, _ in chosen]), [said for _, said in chosen])
    with storage.replacing(path) as temporary:
        sheet.save(temporary, format="PNG")
