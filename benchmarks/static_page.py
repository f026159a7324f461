"""Whether the page without a server reads as Python does, how large it is, and how soon it reads.

    python benchmarks/static_page.py --custom my_digits --count 200

Writes the page, opens it in headless Chromium, takes its host and the network away and opens it
again: from then to the first reading is what a user waits for who writes at once. Then it reads
numbers of one to five digits, put together from the strokes of validation writers, whom no model
has seen. Exit 1 if one number is read otherwise than by Python.
"""

import argparse
import functools
import http.server
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, sync_playwright

from generator.glyphs import stroke_digits
from toolchain.proof.robustness import Writers
from toolchain.reading import Recognizer
from toolchain.reading.pen import draw_ink
from toolchain.sketchpad.static import model_of, write_page

SEED = 6
SIZE = 300.0  # CSS px that a digit is high
OPENINGS = 5
# What the page itself does with a drawing; the time is since the page began to open.
READ = """async (drawings) => {
    const { ask } = await import("./page/net.js");
    const answers = [];
    for (const strokes of drawings) {
        const asked = performance.now();
        const { number } = await ask("/api/read", { strokes });
        answers.push({ number, ms: performance.now() - asked, at: performance.now() });
    }
    return answers;
}"""


def host(folder: Path) -> http.server.ThreadingHTTPServer:
    """A web host of that folder, on a free port."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    serve = functools.partial(Quiet, directory=str(folder))
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    return found


def opened(context: BrowserContext, address: str) -> Page:
    """The page, on a new tab."""
    page = context.new_page()
    page.goto(address)
    return page


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--custom", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--model", type=Path)
    given = parser.parse_args()
    model = given.model or model_of(None, None)
    writers = Writers(stroke_digits(given.custom, "val"), SEED)
    asked = [writers.write(index)[:2] for index in range(given.count)]
    drawings = [
        [{"points": (SIZE * stroke).round(1).tolist()} for stroke in strokes]
        for _, strokes in asked
    ]
    recognizer = Recognizer.load(model)
    here = [
        recognizer.read(draw_ink([(SIZE * stroke).round(1) for stroke in strokes])).number
        for _, strokes in asked
    ]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as player:
        site = Path(folder) / "site"
        size = write_page(site, model)
        serving = host(site)
        address = f"http://localhost:{serving.server_port}/"
        context = player.chromium.launch_persistent_context(
            Path(folder) / "profile",
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox"],
        )
        context.set_default_timeout(600_000)
        page = opened(context, address)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.close()
        serving.shutdown()
        serving.server_close()
        context.set_offline(True)
        waited = []
        for _ in range(OPENINGS):
            page = opened(context, address)
            waited.append(page.evaluate(READ, drawings[:1])[0]["at"])
            page.close()
        page = opened(context, address)
        answers = page.evaluate(READ, drawings)
        context.close()
    there = [answer["number"] for answer in answers]
    each = sorted(answer["ms"] for answer in answers)[len(answers) // 2]
    same = sum(one == other for one, other in zip(here, there, strict=True))
    right = sum(number == text for number, (text, _) in zip(there, asked, strict=True))
    print(f"{model.name}: the folder has {size / 1e6:.2f} MB")
    print("opened again, without a network, the first reading is there after")
    print(
        f"  {', '.join(f'{ms:.0f}' for ms in sorted(waited))} ms; a later one takes {each:.1f} ms"
    )
    print(f"{len(asked)} numbers: {same} read as Python reads them, {right} right")
    return 0 if same == len(asked) else 1


if __name__ == "__main__":
    sys.exit(main())
