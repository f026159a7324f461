"""Golden vectors: a dozen drawings and all that a release computes from them, as one JSON file.

Whoever ports the reader to another language or runtime draws nothing and trusts nothing: from each
drawing the strip must come out pixel by pixel, from each strip the outputs within `TOLERANCE`.
"""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from annotated_types import Len, MaxLen
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from pydantic import BaseModel, FiniteFloat, StringConstraints, ValidationError

from generator.errors import BadInput
from generator.shards import number_text
from generator.square import fit_digit
from generator.strip import Image, fit_ink
from models import zoo
from models.ctc import ALPHABET, PAD
from models.decoders import Decoder
from toolchain import storage
from toolchain.proof.comparison import pixels, png
from toolchain.proof.drawings import DRAWINGS
from toolchain.reading.runtime import INPUT, open_model
from toolchain.storage import sha256

FORMAT = 1
LARGEST = 100  # classes a frame whose log_probs are kept; of more, only those of the answers
DECIMALS = 5
# Largest difference of log_probs, in nats. No processor saturates, so int8 differs only where an
# activation lies between two steps and float32 arithmetic, whose order differs, decides for one:
# by 0.11 at most where it was looked for in the releases; saturation makes it 2 to 17.
TOLERANCE = {"float32": 1e-3, "int8": 0.2}


def make(variant: str, files: dict[str, Path]) -> dict[str, Any]:
    """Everything in golden.json.

    Args:
        variant: its name.
        files: "float32" and "int8" to the .onnx of that precision.

    Raises:
        BadInput: a file is missing, damaged or foreign.
    """
    sessions = {name: open_model(path) for name, path in files.items()}
    known, decoder = zoo.find(variant), zoo.build(variant).decoder
    shortest, longest = known.digits
    cases = []
    for drawing in DRAWINGS:
        if not shortest <= len(drawing.label) <= longest:
            continue
        ink = drawing.ink()
        strip = fitted(variant, ink)
        answers = _answers(next(iter(sessions.values())), strip, drawing.label, decoder)
        cases.append(
            {
                "label": drawing.label,
                "drawing": png(ink),
                "strip": png(strip),
                "readings": {
                    name: read(session, strip, answers, decoder)
                    for name, session in sessions.items()
                },
            }
        )
    hashes = {name: sha256(path) for name, path in files.items()}
    return {"format": FORMAT, "variant": variant, "model_sha256": hashes, "cases": cases}


def fitted(variant: str, ink: Image) -> Image:
    """What a drawing uint8 [H, W] becomes before the variant reads it: a strip or a square."""
    return fit_digit(ink) if zoo.find(variant).input == "square" else fit_ink(ink)


def _answers(
    session: InferenceSession, strip: NDArray[np.uint8], label: str, decoder: Decoder
) -> list[str]:
    """The label, its most likely confusion of one digit, and the label with its end doubled."""
    log_probs = torch.from_numpy(session.run(["log_probs"], {INPUT: strip[None, None]})[0])
    near = [
        f"{label[:place]}{digit}{label[place + 1 :]}"
        for place in range(len(label))
        for digit in ALPHABET
        if digit != label[place]
    ]
    odds = scores(log_probs, near, decoder)
    return [label, max(odds, key=lambda answer: odds[answer]), label + label[-1]]


def read(
    session: InferenceSession, strip: NDArray[np.uint8], answers: list[str], decoder: Decoder
) -> dict[str, Any]:
    """What a model says of one strip or square uint8 [H, W], as plain rounded numbers.

    `scores` holds the posterior of each answer, which the decoder computes from `log_probs`; it
    takes no part in how the graph calibrates its `confidence`.
    """
    log_probs, digits, confidence = session.run(None, {INPUT: strip[None, None]})
    exact = torch.from_numpy(log_probs)
    return {
        "log_probs": [
            [round(float(value), DECIMALS) for value in frame]
            for frame in log_probs[0]
            if len(frame) <= LARGEST
        ],
        "digits": number_text(digits[0]),
        "confidence": round(float(confidence[0]), DECIMALS),
        "scores": {
            answer: round(score, DECIMALS)
            for answer, score in scores(exact, answers, decoder).items()
        },
    }


def scores(log_probs: torch.Tensor, answers: list[str], decoder: Decoder) -> dict[str, float]:
    """Posterior 0..1 of each answer from log_probs float [1, T, C]; see `Decoder.posterior`."""
    longest = max(map(len, answers))
    digits = torch.tensor(
        [[int(digit) for digit in answer] + [PAD] * (longest - len(answer)) for answer in answers]
    )
    each = decoder.posterior(log_probs.double().expand(len(answers), -1, -1), digits)
    return dict(zip(answers, each.tolist(), strict=True))


def check(path: Path, files: dict[str, Path]) -> list[str]:
    """What of a golden.json does not hold for the models beside it; empty where all does.

    Raises:
        BadInput: the file is missing or no golden.json of ours.
    """
    held = load(path)
    failures = [
        f"it is of another {name} file: make it again"
        for name, file in files.items()
        if held["model_sha256"].get(name) != sha256(file)
    ]
    variant = held["variant"]
    decoder = zoo.build(variant).decoder
    sessions = {name: open_model(file) for name, file in files.items()}
    for case in held["cases"]:
        label = case["label"]
        try:
            drawing, strip = pixels(case["drawing"]), pixels(case["strip"])
            fits = np.array_equal(fitted(variant, drawing), strip)
        except (ValueError, OSError):  # no picture, or one without ink
            raise BadInput(f"{path}: a picture of {label} is damaged: make it again") from None
        if not fits:
            failures.append(f"{label}: its strip is not what its drawing becomes")
            continue
        for name, session in sessions.items():
            if name not in case["readings"]:
                failures.append(f"{label}: no reading by the {name} file")
                continue
            reading = case["readings"][name]
            got = read(session, strip, list(reading["scores"]), decoder)
            failures += _differences(f"{label}, {name}", reading, got, TOLERANCE[name])
    return failures


def _differences(
    title: str, held: dict[str, Any], got: dict[str, Any], tolerance: float
) -> list[str]:
    found = []
    if held["digits"] != got["digits"]:
        found.append(f"{title}: read as {got['digits']!r}, not {held['digits']!r}")
    for name in ("log_probs", "confidence", "scores"):
        one, other = (
            list(each[name].values()) if name == "scores" else each[name] for each in (held, got)
        )
        alike = np.shape(one) == np.shape(other) if name != "log_probs" else _alike(one, other)
        gap = float(np.abs(np.subtract(one, other)).max(initial=0)) if alike else np.inf
        if not gap <= tolerance:
            found.append(f"{title}: {name} differ by {gap:.2g}, more than {tolerance}")
    return found


def _alike(one: list[list[float]], other: list[list[float]]) -> bool:
    return [len(frame) for frame in one] == [len(frame) for frame in other]


class Reading(BaseModel):
    """What a model said of one strip, in a golden.json."""

    log_probs: Annotated[list[Annotated[list[FiniteFloat], MaxLen(LARGEST)]], MaxLen(64)]
    digits: Annotated[str, MaxLen(64)]
    confidence: FiniteFloat
    scores: Annotated[
        dict[Annotated[str, StringConstraints(pattern="^[0-9]{1,8}$")], FiniteFloat], Len(1, 64)
    ]


class Case(BaseModel):
    """One drawing of a golden.json, and its readings by precision."""

    label: Annotated[str, StringConstraints(pattern="^[0-9]{1,8}$")]
    drawing: str
    strip: str
    readings: dict[Literal["float32", "int8"], Reading]


class Golden(BaseModel):
    """A golden.json, as it is checked before anything is done with it."""

    format: Literal[1]
    variant: Literal[tuple(zoo.VARIANTS)]  # type: ignore[valid-type]
    model_sha256: dict[str, str]
    cases: Annotated[list[Case], Len(1, 1000)]


def load(path: Path) -> dict[str, Any]:
    """Read a golden.json.

    Raises:
        BadInput: missing, or not one of ours.
    """
    if not path.exists():
        raise BadInput(f"{path} does not exist: make it with nrtool golden")
    held: dict[str, Any] = storage.read_json(path)
    try:
        Golden.model_validate(held, strict=True)
    except ValidationError:
        raise BadInput(f"{path} is damaged or no golden vectors of ours: make it again") from None
    return held


def dumps(content: dict[str, Any]) -> str:
    """JSON with a frame a line: small, and a difference shows where it is."""
    text = json.dumps(content, indent=0)
    return re.sub(r"\[[\s\d.,e+-]+\]", lambda frame: re.sub(r"\s", "", frame[0]), text) + "\n"
