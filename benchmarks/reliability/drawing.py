"""`nrtool draw --collect`, and a page that draws: it sends again what was not acknowledged."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from benchmarks.reliability.commands import MADE, Writing
from benchmarks.reliability.tries import command, insist
from generator.storage import PARTIAL
from toolchain.sketchpad.store import FILES, UNDIVIDED

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "exports" / "nano" / "nano.int8.onnx"
DRAWINGS = 24
ACKNOWLEDGED = "acknowledged"  # what the page keeps, beside what the command writes
_ONE = [[30, 9, 0], [34, 60, 9], [30, 120, 20]]


def _drawing(place: int) -> dict[str, Any]:
    """One of a digit, of two, or of two that cannot be divided."""
    one = {"points": _ONE, "pointer": "pen"}
    other = {"points": [[x + 90, y, when + 40] for x, y, when in _ONE], "pointer": "pen"}
    number, strokes = (("1", [one]), ("11", [one, other]), ("11", [one]))[place % 3]
    return {"id": f"{place:032x}", "number": number, "writer": "anna", "strokes": strokes}


def _draw(folder: Path) -> Callable[[], int]:
    models = folder / "models"
    if not models.exists():
        (models / "nano").mkdir(parents=True)
        shutil.copy(MODEL, models / "nano")

    def work() -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        # In the server's own process, which ends when the page has sent all: or they die together.
        threading.Thread(target=_page, args=(port, folder / ACKNOWLEDGED), daemon=True).start()
        where = ("--collect", folder / MADE / "drawn", "--exports", models, "--port", port)
        return command("draw", *where)()

    return work


def _page(port: int, acknowledged: Path) -> None:
    held = acknowledged.read_text().splitlines() if acknowledged.exists() else []
    with acknowledged.open("a", buffering=1) as keep:
        for place in range(DRAWINGS):
            drawing = _drawing(place)
            _until_acknowledged(port, "POST", "", json.dumps(drawing), held, keep)
            if place % 4 == 3:  # one of before is not liked
                _until_acknowledged(port, "DELETE", f"/{place - 2:032x}", "", held, keep)
        _until_acknowledged(port, "GET", "?writer=anna", "", [], keep)  # now it hears signals
    os.kill(os.getpid(), signal.SIGINT)


def _until_acknowledged(
    port: int, method: str, where: str, body: str, held: list[str], keep: IO[str]
) -> None:
    asked = f"{method} {where} {body}"
    while asked not in held:
        with contextlib.suppress(OSError, http.client.HTTPException):
            wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            with contextlib.closing(wire):
                headers = {"content-type": "application/json"}
                wire.request(method, f"/api/drawings{where}", body, headers)
                if wire.getresponse().status == 200:
                    keep.write(f"{asked}\n")
                    return
        time.sleep(0.02)


def _drawn(folder: Path) -> Any:
    where = folder / MADE / "drawn"
    insist(not list(where.rglob(f"*{PARTIAL}")), "something is left half written")
    files = [*where.glob(FILES), *(where / UNDIVIDED).glob(FILES)]
    lines = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    kept = [{key: line[key] for key in line if key != "recorded"} for line in lines]
    return sorted(kept, key=lambda line: (line["drawing"], line.get("place", 0)))


DRAW = Writing("draw --collect", _draw, _draw, _drawn)
