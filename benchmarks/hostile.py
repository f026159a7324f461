"""Every reader under changed files: what is read is read or refused in one line, in bounded memory.

From a good file of each kind a loop makes others: bytes flipped, cut, doubled, numbers made huge. A
reader works in a process of its own, which may hold `MEMORY` more than it began with. A traceback,
a crash, a longer wait than `PATIENCE` or more memory is a failure; the file is kept.
"""

import argparse
import functools
import gzip
import io
import json
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from PIL import Image

from generator.errors import BadInput
from models.errors import UnknownVariant

ROOT = Path(__file__).parents[1]
MEMORY = 2 << 30  # bytes, besides what the reader's code and libraries need
PATIENCE = 120  # seconds for one file
HEAD = ("files", "tried", "read", "refused", "failed", "slowest s", "memory MiB")

STROKES = "\n".join(
    json.dumps(
        {"label": str(label), "writer": "ben", "strokes": [[[0, 0], [label, 9.5]], [[1, 2]]]}
    )
    for label in range(10)
).encode()
UNIPEN = b""".WRITER_ID anna
.PEN_DOWN
0 0 1
0 20 2
.PEN_UP
.PEN_DOWN
30 0 5
31 10 6
.PEN_UP
.SEGMENT DIGIT 0 ? "1"
.SEGMENT CHARACTER 0:0-1:1 OK "4"
.COMMENT 4 8 23
"""
TOML = b"""[recipe]
epochs = 3
learning_rate = 1e-3
[style]
gap = [0.0, 0.3]
[digits]
custom = ["a", "b"]
"""
LIST = b'[{"file": "digits.jsonl", "line": 17, "why": "a 1 or a 7"}]'
TOKENS = (b"9" * 400, b"1e999", b"Infinity", b"NaN", b"-1", b"null", b"true", b"[" * 3000, b"{")
TOKENS += (b"\\ud800", b"\x00", b"\xff\xff\xff\xff", b"\n", b'"', b"4294967296", b"\xef\xbb\xbf")


def _picture(form: str) -> bytes:
    held = io.BytesIO()
    pixels = np.full((60, 90, 3), 255, np.uint8)
    pixels[10:50, 20:30] = pixels[10:50, 50:58] = 0
    Image.fromarray(pixels).save(held, form)
    return held.getvalue()


def _release(name: str, variant: str = "compact") -> bytes:
    return (ROOT / "exports" / variant / name).read_bytes()


def _read_strokes(path: Path) -> None:
    from generator.glyphs import stroke_glyphs

    stroke_glyphs(path, None, copies=1)


def _read_unipen(path: Path) -> None:
    from generator.importing import import_digits

    import_digits([path])


@functools.cache
def _recognizer() -> Any:
    from toolchain.reading import Recognizer

    return Recognizer.load()


def _read_picture(path: Path) -> None:
    _recognizer().read_all(path)


def _read_model(path: Path) -> None:
    from toolchain.reading import Recognizer
    from toolchain.reading.inspection import inspect

    inspect(path)
    Recognizer.load(path).read(np.asarray(Image.open(io.BytesIO(_picture("PNG"))).convert("L")))


def _read_weights(path: Path) -> None:
    from toolchain.proof.reference import drop_in

    drop_in(path)


def _read_golden(path: Path) -> None:
    from toolchain.proof import golden

    golden.check(path, {"int8": ROOT / "exports" / "compact" / "compact.int8.onnx"})


def _read_report(path: Path) -> None:
    from toolchain.report import card

    card.check(path.parent)


def _read_settings(path: Path) -> None:
    from toolchain.training import settings

    settings.read(path)


def _read_list(path: Path) -> None:
    from toolchain.proof.ambiguous import read_list

    read_list(path)


def _read_shard(path: Path) -> None:
    from generator.shards import read_shard

    read_shard(path)


def _shard() -> bytes:
    held = io.BytesIO()
    digits = np.zeros((2, 5), np.int64)
    np.savez_compressed(held, strips=np.zeros((2, 1, 32, 128), np.uint8), digits=digits)
    return held.getvalue()


# Each kind of file: its name on disk, a good one, and what reads it.
READERS: dict[str, tuple[str, Callable[[], bytes], Callable[[Path], None]]] = {
    "strokes": ("a.jsonl", lambda: STROKES, _read_strokes),
    "strokes, gzipped": ("a.jsonl.gz", lambda: gzip.compress(STROKES, mtime=0), _read_strokes),
    "UNIPEN": ("a.dat", lambda: UNIPEN, _read_unipen),
    "settings": ("a.toml", lambda: TOML, _read_settings),
    "list of digits": ("a.json", lambda: LIST, _read_list),
    "shard": ("a.npz", _shard, _read_shard),
    **{
        f"picture, {form}": ("a.png", lambda form=form: _picture(form), _read_picture)
        for form in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM")
    },
    "model": ("a.onnx", lambda: _release("compact.int8.onnx"), _read_model),
    "weights": ("a.safetensors", lambda: _release("compact.safetensors"), _read_weights),
    "golden vectors": ("golden.json", lambda: _release("golden.json"), _read_golden),
    **{
        f"{name}.json": (
            f"{name}.json",
            lambda name=name: _release(f"{name}.json", "lightweight"),
            _read_report,
        )
        for name in ("parity", "bench", "evaluation", "export")
    },
}


def changed(content: bytes, rng: random.Random) -> bytes:
    """Another file: one to four changes, each of a byte, a piece or a number."""
    held = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(held) + 1)
        end = min(len(held), place + rng.choice((1, 4, 16, 400)))
        kind = rng.randrange(7)
        numbers = list(re.finditer(rb"\d+", held)) if kind == 6 and len(held) < 1 << 20 else []
        if kind == 0 and held:
            held[place % len(held)] = rng.randrange(256)
        elif kind == 1:
            held = held[:place]
        elif kind == 2:
            held[place:place] = held[place:end] * rng.choice((1, 2, 50))
        elif kind == 3:
            del held[place:end]
        elif kind == 4:
            held[place:place] = rng.choice(TOKENS)
        elif kind == 5:
            held[place:end] = rng.randbytes(end - place)
        elif numbers:
            number = rng.choice(numbers)
            held[number.start() : number.end()] = rng.choice(TOKENS)
    return bytes(held)


def attack(name: str, seconds: float, seed: int, folder: Path) -> dict[str, Any]:
    """Try one reader in this process until the time is over or it fails.

    Returns:
        tried, read, refused, failed (what went wrong, or ""), slowest in seconds, memory in MiB.
    """
    file, make, read = READERS[name]
    path, good = folder / file, make()
    path.write_bytes(good)
    read(path)  # what its code and libraries need is loaded by now
    began = _memory()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    signal.signal(signal.SIGALRM, _out_of_patience)
    rng = random.Random(f"{name} {seed}")
    found = {"tried": 0, "read": 0, "refused": 0, "failed": "", "slowest": 0.0}
    end = time.monotonic() + seconds
    while time.monotonic() < end and not found["failed"]:
        path.write_bytes(changed(good, rng))
        start = time.monotonic()
        signal.alarm(PATIENCE)
        try:
            read(path)
            found["read"] += 1
        except (BadInput, UnknownVariant) as error:
            found["refused"] += 1
            found["failed"] = "a message of two lines" if "\n" in str(error).strip() else ""
        except Exception as error:
            found["failed"] = f"{type(error).__name__}: {error}"[:200]
        signal.alarm(0)
        found["tried"] += 1
        found["slowest"] = max(found["slowest"], time.monotonic() - start)
    return {**found, "memory": _memory() - began}


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _out_of_patience(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"no end after {PATIENCE} s")


def fuzz(minutes: float, seed: int, failures: Path = Path("failed")) -> list[list[str]]:
    """Every reader in turn, each for its share of the time: one row of `HEAD` a kind of file.

    A file that a reader failed on is kept in `failures`; its row then says what happened instead of
    0. A crash is named by its signal.
    """
    rows = []
    for name in READERS:
        folder = failures / re.sub(r"\W+", "-", name)
        folder.mkdir(parents=True, exist_ok=True)
        seconds = 60 * minutes / len(READERS)
        command = [sys.executable, __file__, "--reader", name, "--seed", str(seed)]
        command += ["--seconds", str(seconds), "--failures", str(folder)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=seconds + 4 * PATIENCE, cwd=ROOT
            )
            found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}
            problem = found.get("failed", f"ended with {done.returncode}: {done.stderr[-300:]}")
        except subprocess.TimeoutExpired:
            found, problem = {}, "no end"
        if not problem:
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()
        counts = [f"{found.get(key, 0):,}" for key in ("tried", "read", "refused")]
        figures = [f"{found.get('slowest', 0):.2f}", f"{found.get('memory', 0):.0f}"]
        rows.append([name, *counts, problem or "0", *figures])
    return rows


def main() -> None:
    """Parse, try, print; exit 1 where a reader failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--failures", type=Path, default=Path("failed"))
    parser.add_argument("--reader", choices=READERS)
    parser.add_argument("--seconds", type=float, default=5.0, help="with --reader")
    given = parser.parse_args()
    if given.reader:
        given.failures.mkdir(parents=True, exist_ok=True)
        print(json.dumps(attack(given.reader, given.seconds, given.seed, given.failures)))
        return
    rows = fuzz(given.minutes, given.seed, given.failures)
    print("\n".join(" | ".join(row) for row in (HEAD, *rows)))
    raise SystemExit(any(row[4] != "0" for row in rows))


if __name__ == "__main__":
    main()
