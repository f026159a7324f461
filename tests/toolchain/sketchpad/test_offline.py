"""The page without a server, in a real Chromium: its ink, its readings, and no network."""

import base64
import contextlib
import functools
import gzip
import http.server
import os
import random
import threading
import time

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.strip import fit_ink
from tests.toolchain.sketchpad.conftest import CHROMIUM, PATIENCE, PHONE, ROOT, Visit, written
from toolchain.proof.drawings import DRAWINGS
from toolchain.reading import Recognizer
from toolchain.reading.pen import draw_ink
from toolchain.sketchpad import OFFLINE
from toolchain.sketchpad.static import model_of, write_page

pytestmark = pytest.mark.slow  # each opens a browser

OTHER = ROOT / "exports/optimized/optimized.int8.onnx"
DRAWN = """async (strokes) => {
    const [{ drawInk }, { fitInk }] = [await import("/ink.js"), await import("/strip.js")];
    const ink = drawInk(strokes);
    const text = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return [ink.width, ink.height, btoa(text(ink.pixels)), btoa(text(fitInk(ink)))];
}"""
FITTED = """async ([width, height, pixels]) => {
    const { fitInk } = await import("/strip.js");
    const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
    return btoa(String.fromCharCode(...fitInk({ width, height, pixels: bytes })));
}"""
READ = """async (drawings) => {
    const { ask } = await import("/page/net.js");
    const answers = [];
    for (const strokes of drawings)
        answers.push(await ask("/api/read", { strokes: strokes.map((points) => ({ points })) }));
    return answers;
}"""


@contextlib.contextmanager
def served(folder):
    """A web host that knows nothing of ours; gives its port."""

    class Host(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    host = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Host, directory=folder)
    )
    threading.Thread(target=host.serve_forever, daemon=True).start()
    try:
        yield host.server_port
    finally:
        host.shutdown()
        host.server_close()


@pytest.fixture(scope="module")
def model():
    """What a page reads with where no model is named."""
    return model_of(None, ROOT / "exports")


@pytest.fixture(scope="module")
def site(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("static") / "site"
    write_page(folder, model)
    return folder


@pytest.fixture
def phone(browser):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    yield context
    context.close()


@pytest.fixture(scope="module")
def modules(browser):
    """An empty page of the host that serves the modules as they stand."""
    page = browser.new_page()
    with served(OFFLINE) as port:
        page.goto(f"http://localhost:{port}/head.html")
        yield page
    page.close()


def levels(text, shape):
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape)


def floats(strokes):
    return [np.array(stroke, np.float32) for stroke in strokes]


def kept(visit):
    """Wait until the browser keeps the page."""
    visit.page.evaluate("navigator.serviceWorker.ready.then(() => true)")


TENTHS = st.integers(-20_000, 20_000).map(lambda tenths: tenths / 10)
POINTS = st.tuples(TENTHS, TENTHS)
NEAR = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda p: (p[0] / 10, p[1] / 10))
STROKES = st.lists(st.lists(POINTS | NEAR, min_size=1, max_size=12), min_size=1, max_size=5)


@given(STROKES)
@example([[(5.0, 5.0)]])
@example([[(0.0, 0.0), (900.0, 0.0)]])
@example([[(0.0, 0.0), (0.0, 300.3)], [(0.1, 0.0)]])
@example(written("407"))
def test_ink_and_strip_are_those_of_python(modules, strokes):
    width, height, pixels, strip = modules.evaluate(DRAWN, strokes)
    ink = draw_ink(floats(strokes))
    np.testing.assert_array_equal(levels(pixels, (height, width)), ink)
    # A mean that lies half-way between two levels goes either way, by the order of the sum.
    gap = np.abs(levels(strip, (32, 128)).astype(int) - fit_ink(ink))
    assert gap.max() <= 1
    assert np.count_nonzero(gap) <= 8


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.label)
def test_golden_drawings_become_their_strips(modules, drawing):
    ink = drawing.ink()
    sent = [ink.shape[1], ink.shape[0], base64.b64encode(ink.tobytes()).decode()]
    np.testing.assert_array_equal(levels(modules.evaluate(FITTED, sent), (32, 128)), fit_ink(ink))


def numbers(count):
    """Numbers of one to five digits, in hands that differ in height, slant, gaps and tremor."""
    chance = random.Random(29)
    for _ in range(count):
        text = "".join(chance.choices("0123456789", k=chance.randint(1, 5)))
        slant, squeeze, tremor = chance.uniform(-0.2, 0.2), chance.uniform(0.8, 1.2), 0.02
        height = chance.uniform(30, 200)
        yield [
            [
                [
                    round(x * squeeze - slant * y + chance.gauss(0, tremor * height), 1),
                    round(y + chance.gauss(0, tremor * height), 1),
                ]
                for x, y in stroke
            ]
            for stroke in written(text, height, gap=chance.uniform(0.15, 0.5))
        ]


def test_200_numbers_are_read_as_python_reads_them(phone, site, model):
    drawings = list(numbers(200))
    with served(site) as port:
        answers = Visit(phone, port).page.evaluate(READ, drawings)
    recognizer = Recognizer.load(model)
    strips = [fit_ink(draw_ink(floats(strokes))) for strokes in drawings]
    scored = [recognizer.scored(strip[None, None])[0] for strip in strips]
    assert [each["number"] for each in answers] == [reading.number for reading, _ in scored]
    assert len({reading.number for reading, _ in scored}) > 150
    for answer, strip, (reading, log_probs) in zip(answers, strips, scored, strict=True):
        np.testing.assert_array_equal(levels(answer["strip"], (32, 128)), strip)
        assert answer["confidence"] == pytest.approx(reading.confidence, abs=0.05)
        assert np.array(answer["columns"]) == pytest.approx(np.exp(log_probs), abs=0.2)


def test_what_was_visited_once_opens_and_reads_without_a_network(phone, site):
    with served(site) as port:
        first = Visit(phone, port)
        assert first.page.locator("#tabs").is_hidden()  # there is nobody to collect drawings
        first.write(written("407", height=80))
        first.reads("407")
        kept(first)
        first.page.close()
    phone.set_offline(True)
    again = Visit(phone, port)
    again.write(written("35", height=80))
    again.reads("35")
    again.page.locator("#undo").click()
    again.page.locator("#theme").click()
    assert int(again.text("percent").split()[0]) > 50
    assert first.troubles == again.troubles == []


def test_a_page_written_anew_takes_the_place_of_the_one_that_is_kept(phone, tmp_path, model):
    folder = tmp_path / "site"
    write_page(folder, model)
    with served(folder) as port:
        visit = Visit(phone, port)
        kept(visit)
        write_page(folder, OTHER)
        # Times are told by the second: what was written within the same one is "not modified".
        for path in folder.rglob("*"):
            os.utime(path, (time.time() + 5,) * 2)
        visit.page.evaluate("""async () => {
            const kept = await navigator.serviceWorker.ready;
            const before = kept.active;
            await kept.update();
            // It waits only for pages that the one before answers; none may be there yet.
            for (let tries = 0; !kept.waiting && kept.active === before; tries++) {
                if (tries === 1200) throw new Error("the new page is not taken");
                await new Promise((done) => setTimeout(done, 50));
            }
        }""")
        assert visit.page.locator("#model option").inner_text() == model.stem
        visit.page.close()
    phone.set_offline(True)
    again = Visit(phone, port)
    assert again.page.locator("#model option").inner_text() == OTHER.stem
    again.write(written("8", height=80))
    again.reads("8")
    assert len(again.page.evaluate("caches.keys()")) == 1


def test_a_host_that_unpacks_gz_files_serves_it_too(phone, tmp_path, model):
    folder = tmp_path / "site"
    write_page(folder, model)
    packed = folder / "page" / "ort.wasm.gz"
    packed.write_bytes(gzip.decompress(packed.read_bytes()))
    with served(folder) as port:
        visit = Visit(phone, port)
        visit.write(written("35", height=80))
        visit.reads("35")


def test_a_page_that_is_not_whole_says_so_and_reads_once_it_is(phone, tmp_path, model):
    folder = tmp_path / "site"
    write_page(folder, model)
    (folder / "model.onnx").rename(tmp_path / "model.onnx")
    with served(folder) as port:
        visit = Visit(phone, port)
        visit.write(written("4", height=80))
        visit.shows("#trouble", "The page is not there whole. Is there a network?")
        (tmp_path / "model.onnx").rename(folder / "model.onnx")
        visit.page.locator("#clear").click()
        visit.write(written("4", height=80))
        visit.reads("4")


def test_a_phone_may_put_it_on_its_home_screen(browser, site, tmp_path):
    # Other contexts count as private windows, which may put nothing anywhere.
    phone = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE
    )
    with served(site) as port:
        visit = Visit(phone, port)
        kept(visit)
        assert visit.finger.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        manifest = visit.finger.send("Page.getAppManifest")
        assert manifest["url"] == f"http://localhost:{port}/manifest.webmanifest"
        assert manifest["errors"] == []
    phone.close()
