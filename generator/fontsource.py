"""Handwriting fonts by many hands, fetched by package name from Fontsource and kept in the cache.

Which fonts, in which version, and the SHA-256 of the one file that is taken stand in
`fontsource.txt`: fonts after somebody's handwriting, the model letters of schools, and print that
is near to how people write. None has outlines, shadows or ornaments that a middle line would not
show. Their packages name the SIL Open Font License or the Apache License, eight of them Google
Fonts' attributions instead.

A font with a fifth word was drawn by the same hand as the font that it names, digit by digit or
nearly so, and is left out: twice in training it would count twice, and one in training, the other
in validation would let validation ask what was learnt. Earlier releases were trained on all.
"""

import hashlib
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generator import npm
from generator.cache import cache
from generator.errors import BadInput
from generator.fonts import LARGEST
from generator.storage import PARTIAL, alone

TABLE = Path(__file__).with_name("fontsource.txt")
AT_ONCE, PROCESSES = 8, 4  # packages that one npm fetches, and how many run side by side


@dataclass(frozen=True)
class Font:
    """One font: name and version of its package, weight (400: regular), SHA-256, its double."""

    name: str
    version: str
    weight: str
    sha256: str
    double: str = ""

    @property
    def package(self) -> str:
        """As npm names it."""
        return f"@fontsource/{self.name}@{self.version}"

    @property
    def file(self) -> str:
        """The file with the digits."""
        return f"{self.name}-latin-{self.weight}-normal.woff"


def table() -> list[Font]:
    """All fonts but doubles of others."""
    return [font for font in listed() if not font.double]


def listed() -> list[Font]:
    """All fonts that `fontsource.txt` names."""
    return [Font(*line.split()) for line in TABLE.read_text("utf-8").splitlines()]


def fetch(fonts: Sequence[Font], on_fonts: Callable[[int], None] = lambda done: None) -> list[Path]:
    """Files of the fonts, from the cache or else through npm.

    Args:
        fonts: which.
        on_fonts: called with how many of them are there.

    Raises:
        BadInput: npm is missing or fails, a file is not what it was, or it cannot be kept.
    """
    home = cache("fonts")
    missing = [font for font in fonts if not _is_kept(home / font.file, font)]
    done = len(fonts) - len(missing)
    on_fonts(done)
    if not missing:
        return [home / font.file for font in fonts]
    parts = [missing[first : first + AT_ONCE] for first in range(0, len(missing), AT_ONCE)]
    try:
        home.mkdir(parents=True, exist_ok=True)
        with alone(home, "stop it", wait=-1), ThreadPoolExecutor(PROCESSES) as pool:
            for part in pool.map(lambda part: _bring(part, home), parts):
                done += part
                on_fonts(done)
    except (OSError, KeyError, subprocess.TimeoutExpired) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadInput(
            f"no handwriting fonts through npm ({reason}): is npm there, and online?"
        ) from None
    return [home / font.file for font in fonts]


def _is_kept(path: Path, font: Font) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == font.sha256


def _bring(fonts: Sequence[Font], home: Path) -> int:
    with tempfile.TemporaryDirectory(dir=home, prefix=".npm.", suffix=PARTIAL) as temporary:
        folder = Path(temporary)
        npm.pack([font.package for font in fonts], folder)
        for font in fonts:
            member = f"files/{font.file}"
            content = npm.read(folder, font.package, [member], LARGEST)[member]
            if hashlib.sha256(content).hexdigest() != font.sha256:
                raise BadInput(f"{font.package} is not what it was (SHA-256 differs): leave it out")
            (folder / font.file).write_bytes(content)
            (folder / font.file).replace(home / font.file)
    return len(fonts)
