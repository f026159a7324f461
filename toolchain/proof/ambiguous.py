"""Digits that people can't tell either: a list of them, and what is read without them.

The list is JSON: [{"file": "digits.jsonl.gz", "line": 17, "why": "a 1 or a 7"}, ...], lines of
stroke files counted from 1. It is for the few that two looks at an enlarged picture could not tell:
with more left out, what is reported would no longer be what people write.
"""

import json
from pathlib import Path

import torch
from torch import Tensor

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.files import read_bounded

LARGEST = 1 << 24  # bytes of a list
MOST = 0.01  # of a source's digits


def read_list(path: Path) -> frozenset[str]:
    """The places, as `StrokeDigit.place` names them.

    Raises:
        BadInput: missing, damaged, or an entry that does not say where and why.
    """
    try:
        entries = json.loads(read_bounded(path, LARGEST).decode("utf-8-sig"))
        if not all(isinstance(each["why"], str) and each["why"].strip() for each in entries):
            raise ValueError("an entry does not say why")
        return frozenset(f"{each['file']}:{int(each['line'])}" for each in entries)
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise BadInput(
            f"{path} is no list of digits ({error!r}): write "
            '[{"file": "digits.jsonl", "line": 17, "why": "a 1 or a 7"}]'
        ) from None


def glyphs_of(bank: DigitBank, places: frozenset[str]) -> Tensor:
    """Which glyphs of a bank are listed: int64 [M].

    Raises:
        BadInput: more than `MOST` of them.
    """
    listed = [glyph for glyph, place in enumerate(bank.places) if place in places]
    if len(listed) > MOST * len(bank):
        raise BadInput(
            f"{len(listed)} of {len(bank):,} digits are listed as ambiguous: "
            f"list {MOST:.0%} at most"
        )
    return torch.tensor(listed, dtype=torch.int64)
