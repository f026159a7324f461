"""Judging a model: every source of unseen numbers, and the ways of writing; kept as JSON."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnxruntime import InferenceSession

from generator import middle_lines
from generator.digits import DigitBank
from generator.errors import BadInput
from generator.numbers import NumberGenerator
from generator.sheet import contact_sheet, stacked
from toolchain import console, memory, storage
from toolchain.data import samples
from toolchain.data.sources import (
    REDRAWN_DIGITS,
    TEST_DIGITS,
    WRITERS_DIGITS,
    Digits,
    everyones_bank,
)
from toolchain.proof.ambiguous import glyphs_of, read_list
from toolchain.proof.robustness import KINDS, Writers, measure
from toolchain.proof.slices import (
    WAYS,
    Evaluation,
    Readings,
    evaluation,
    read_numbers,
    robustness,
    share_right,
)
from toolchain.proof.verdict import verdict
from toolchain.proof.writers import by_writer
from toolchain.reading.modelfile import shipped
from toolchain.reading.runtime import open_model
from toolchain.report import card
from toolchain.report.card import write_card
from toolchain.storage import sha256

SEED = 5_000_011
SHOWN = 80  # misread numbers of each source on the picture
ROBUST_SHARE = 10  # each way of writing is read so many times less often
KEPT = 4 << 10  # bytes of each number: what the network said of it, above all
DRAWN_SHARE = 20  # and each kind of drawing, whose ink takes longer to find than to read


def evaluate(
    variant: str,
    model: Path | None,
    exports: Path,
    digits: Digits,
    count: int,
    errors: Path | None,
    save: bool = False,
    held_out: Sequence[Path] = (),
    ambiguous: Path | None = None,
) -> dict[str, Any]:
    """Read `count` numbers of each source; `save` keeps a release's own as evaluation.json.

    Numbers are written with MNIST test digits, with the same redrawn as pen strokes where
    scikit-image is installed, with all digits of each of the folders `held_out`, of which none may
    ever be trained on, and with the custom digits' validation writers where there are any; the ways
    of writing are tried with the last of them. Drawings on a canvas take those writers' strokes, or
    procedural ones, and are found and fitted first. With a list of digits that people can't tell,
    `ambiguous`, each source that has some is reported without them too.

    Raises:
        BadInput: the model is missing or foreign, the picture cannot be a PNG, a folder holds no
            digits or some to train on, the list is damaged or too long, the memory cannot hold so
            many readings, or `save` is asked for another model than the release's.
    """
    if save and model is not None:
        raise BadInput("--save keeps what is said of the release itself: leave out --model")
    if errors is not None and errors.suffix != ".png":
        raise BadInput(f"--errors {errors} must end in .png")
    if errors is not None and os.path.lexists(errors):
        raise BadInput(f"--errors {errors} is there already: name another, or delete it")
    memory.insist(KEPT * count, f"reading {count:,} numbers", "lower --count")
    if save:
        card.check(exports / variant)
    places = frozenset() if ambiguous is None else read_list(ambiguous)
    path = model or shipped(variant, exports)
    session = open_model(path, threads=2)
    variant = session.get_modelmeta().custom_metadata_map["variant"]
    sources, misread = [], []
    banks = _banks(digits, held_out)
    for _, bank in banks:
        glyphs_of(bank, places)  # too long a list is refused before anything is read
    for source, bank in banks:
        read = samples.held_out(variant, source, bank, SEED, count)
        numbers, described = read.samples, read.described
        with console.progress(described, read.count) as update:
            found, readings = _read(session, read, places, update)
        sources.append(found.as_json())
        misread.append((described, readings))
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
        folder = exports / variant
        with storage.alone(folder, "try again", storage.WAIT):
            storage.write_json(folder / "evaluation.json", report)
            write_card(folder)
    if errors is not None:
        _draw(misread, errors)
    return report


def _banks(digits: Digits, held_out: Sequence[Path]) -> list[tuple[str, DigitBank]]:
    banks = [(TEST_DIGITS, Digits(digits.mnist).bank("test"))]
    if middle_lines.is_installed():
        redrawn = Digits(digits.mnist, redrawn_share=1.0)
        redrawn.prepare("test")
        banks.append((REDRAWN_DIGITS, redrawn.bank("test")))
    for folder in held_out:
        for path in digits.custom:
            here, other = folder.resolve(), path.resolve()
            if here.is_relative_to(other) or other.is_relative_to(here):
                raise BadInput(f"{folder} is named to train on too: leave out one of the two")
        banks.append((f"all digits of {folder.name.split('.')[0]}", everyones_bank(folder)))
    if (own := digits.validation_bank()) is not None:
        banks.append((WRITERS_DIGITS, own))
    return banks


def _read(
    session: InferenceSession,
    held: samples.HeldOut,
    places: frozenset[str],
    on_batch: Callable[[int], None],
) -> tuple[Evaluation, Readings]:
    told = session.get_modelmeta().custom_metadata_map
    numbers, count = held.samples, held.count
    readings = read_numbers(
        session,
        numbers,
        count,
        errors=SHOWN,
        scores=told.get("decoder", "ctc") == "ctc",
        on_batch=on_batch,
    )
    found = evaluation(readings, held.described, SEED, _number(told.get("threshold")))
    if isinstance(numbers, NumberGenerator):
        bank, glyphs = numbers.bank, numbers.glyphs(0, count)
        wrote = bank.wrote[glyphs[:, 0]].cpu().numpy()
        found = replace(found, writers=by_writer(bank.writers, wrote, readings.right))
        listed = torch.isin(glyphs, glyphs_of(bank, places)).any(1).numpy()
        if listed.any():
            told_apart = share_right("without digits that nobody can tell", readings.right[~listed])
            found = replace(found, told_apart=told_apart)
    if readings.log_probs is not None and readings.digits is not None:
        said, truth = torch.from_numpy(readings.log_probs), torch.from_numpy(readings.digits)
        found = replace(found, verdict=verdict(said, truth, _number(told.get("verdict"))))
    return found, readings


def _number(said: str | None) -> float | None:
    return None if said is None else float(said)


def _draw(misread: Sequence[tuple[str, Readings]], path: Path) -> None:
    """One section a source: how many were misread, and the first of them."""
    sections = [
        (
            f"{described}: {int((~readings.right).sum()):,} of {len(readings.right):,} misread",
            contact_sheet(
                np.stack([*readings.errors.values()]),
                [
                    f"{readings.written[index]} -> {readings.read[index] or 'nothing'}"
                    for index in readings.errors
                ],
            ),
        )
        for described, readings in misread
        if readings.errors
    ]
    if not sections:
        console.say(f"no number was misread: {path} is not written")
        return
    with storage.replacing(path) as temporary:
        stacked(sections).save(temporary, format="PNG")
