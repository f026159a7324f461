"""Whether the sketchpad reads as well as Python does: real pen strokes, written by touch events.

    python benchmarks/sketchpad.py --custom my_digits --count 200

Numbers of one to five digits are put together from the strokes of validation writers, whom no model
has seen. Each is written into the page in headless Chromium, point by point, and what the page
shows is compared with what `Recognizer` reads from the same strokes. Exit 1 if the page is worse by
more than two numbers in a hundred.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, Request, sync_playwright

from generator.glyphs import stroke_digits
from toolchain.proof.robustness import Writers
from toolchain.reading import Recognizer
from toolchain.reading.pen import draw_ink

SEED = 6
ALLOWED = 0.02
Strokes = list[NDArray[np.float32]]


class Hand:
    """Writes into the page, and knows what the server answered last."""

    def __init__(self, page: Page) -> None:
        self.page, self.asked, self.said = page, 0, []
        self.finger = page.context.new_cdp_session(page)
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_answer)

    def _on_request(self, request: Request) -> None:
        self.asked += request.url.endswith("/api/read")

    def _on_answer(self, request: Request) -> None:
        if request.url.endswith("/api/read"):
            self.said.append(request)

    def write(self, strokes: Strokes) -> str:
        """Write a number on the empty canvas; what the page shows for the whole of it."""
        box = self.page.locator("#pad").bounding_box()
        assert box
        points = np.concatenate(strokes)
        low, size = points.min(0), np.maximum(np.ptp(points, 0), 1e-6)
        scale = min(0.9 * box["width"] / size[0], 0.7 * box["height"] / size[1])
        corner = np.array([box["x"] + 0.05 * box["width"], box["y"] + 0.15 * box["height"]])
        for stroke in strokes:
            for place, (x, y) in enumerate(((stroke - low) * scale + corner).tolist()):
                self._touch("touchMove" if place else "touchStart", [{"x": x, "y": y}])
            self._touch("touchEnd", [])
        quiet = 0
        while quiet < 3:  # the page asks again until it has asked about all there is
            before = self.asked
            self.page.wait_for_timeout(100)
            quiet = quiet + 1 if self.asked == before == len(self.said) else 0
        shown = self.page.locator("#number").inner_text().strip()
        self.page.locator("#clear").click()
        return shown

    def _touch(self, kind: str, points: list[dict[str, float]]) -> None:
        self.finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--custom", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--exports", type=Path, default=Path("exports"))
    given = parser.parse_args()
    writers = Writers(stroke_digits(given.custom, "val"), SEED)
    asked = [writers.write(index)[:2] for index in range(given.count)]
    recognizer = Recognizer.load(given.exports / "optimized" / "optimized.int8.onnx")
    here = [recognizer.read(draw_ink(strokes)).number for _, strokes in asked]

    command = [sys.executable, "-m", "toolchain.cli", "draw", "--port", "0"]
    serving = subprocess.Popen(
        [*command, "--exports", str(given.exports)], stderr=subprocess.PIPE, text=True
    )
    assert serving.stderr
    address = re.search(r"http://\S+", serving.stderr.readline())
    try:
        assert address
        with sync_playwright() as player:
            browser = player.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
                args=["--no-sandbox"],
            )
            page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
            page.goto(address[0])
            page.locator("#model option").first.wait_for(state="attached")
            hand = Hand(page)
            there = [hand.write(strokes) for _, strokes in asked]
            browser.close()
    finally:
        serving.terminate()
        serving.wait()
    right = [
        sum(read == number for read, (number, _) in zip(readings, asked, strict=True))
        for readings in (here, there)
    ]
    same = sum(one == other for one, other in zip(here, there, strict=True))
    print(f"{given.count} numbers: Python reads {right[0]}, the page {right[1]}, {same} alike")
    return 0 if right[1] >= right[0] - ALLOWED * given.count else 1


if __name__ == "__main__":
    sys.exit(main())
