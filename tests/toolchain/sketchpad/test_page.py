"""The page in a real Chromium, written on with touch events as a finger makes them."""

import re
from datetime import datetime, timedelta

import pytest

from generator.strokes import read_strokes
from tests.toolchain.sketchpad.conftest import PATIENCE, PHONE, ROOT, Visit, running, written
from tests.toolchain.test_cli import call
from toolchain.data import checkpoint
from toolchain.training import loop

pytestmark = pytest.mark.slow  # each opens a browser

ASKED = re.compile("^[0-9]+$")
DESKTOP = {"width": 1280, "height": 800}
# What browsers may lack, or refuse a page.
OLDER = {
    "no AbortSignal.timeout": "delete AbortSignal.timeout",
    "storage blocked": """Object.defineProperty(window, 'localStorage',
        {get() { throw new DOMException('blocked', 'SecurityError'); }})""",
    "storage full": """Storage.prototype.setItem = () => {
        throw new DOMException('full', 'QuotaExceededError'); }""",
    "no storage": "Object.defineProperty(window, 'localStorage', {value: null})",
    "capture throws": """Element.prototype.setPointerCapture = () => {
        throw new DOMException('no such pointer', 'NotFoundError'); }""",
}


class Collector(Visit):
    """One who keeps what is asked for."""

    def start_collecting(self, writer):
        self.page.locator("[data-view=collect]").click()
        self.page.locator("#writer").fill(writer)
        self.page.locator("#who button").click()
        self.shows("#prompt", ASKED)

    def keep_asked(self, kept):
        """Write what is asked for; returns it."""
        number = self.text("prompt")
        self.write(written(number, height=46))
        self.page.locator("#done").click()
        self.shows("#kept", re.compile(f"^{kept} kept"))
        return number


def train_on(folder, runs):
    """Adapt a released model to a folder of drawings, as a user would; the checkpoint's facts."""
    released = ROOT / "exports/lightweight/lightweight.safetensors"
    command = ("train", "--variant", "lightweight", "--finetune", released, "--custom", folder)
    assert call(*command, "--runs", runs, "--numbers", 64, "--batch", 16) == 0
    return checkpoint.facts(runs / "lightweight/best.safetensors")


@pytest.fixture
def visit(browser, server):
    context = browser.new_context(
        viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2
    )
    found = Collector(context, server.port)
    yield found
    context.close()
    assert found.troubles == []


def test_a_number_written_with_a_finger_is_read(visit):
    visit.write(written("407", height=80))
    visit.reads("407")
    assert int(visit.text("percent").split()[0]) > 90
    inked = """[...document.querySelector('#strip').getContext('2d')
        .getImageData(0, 0, 128, 32).data].filter((level) => level > 128).length"""
    assert visit.page.evaluate(inked) > 128 * 32 + 100  # more than the opaque background


def test_undo_takes_a_stroke_and_clear_everything(visit):
    visit.write(written("47", height=80))
    visit.reads("47")
    visit.page.locator("#undo").click()
    visit.reads("4")
    visit.page.locator("#clear").click()
    visit.reads("")
    assert visit.page.locator("#hint").is_visible()


def test_a_second_finger_draws_nothing(visit):
    box = visit.page.locator("#pad").bounding_box()
    one = {"x": box["x"] + 50, "y": box["y"] + 50, "id": 1}
    two = {"x": box["x"] + 200, "y": box["y"] + 90, "id": 2}
    visit.touch("touchStart", [one])
    visit.touch("touchStart", [one, two])
    visit.touch("touchMove", [{**one, "y": box["y"] + 150}, {**two, "x": box["x"] + 250}])
    visit.touch("touchEnd", [])
    visit.reads("1")


def test_another_model_reads_the_same_drawing(visit):
    visit.write(written("35", height=80))
    visit.reads("35")

    def is_of_other(answer):
        return answer.request.post_data and '"model":"lightweight.int8"' in answer.request.post_data

    with visit.page.expect_response(is_of_other) as answered:
        visit.page.locator("#model").select_option("lightweight.int8")
    assert answered.value.json()["number"] == "35"


def test_ten_are_collected_trained_on_looked_through_and_one_deleted(
    visit, server, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "VALIDATION_NUMBERS", 32)
    visit.start_collecting("mia")
    asked = [visit.keep_asked(count + 1) for count in range(10)]
    lines = [line for line in server.lines() if "label" in line]
    assert {line["number"] for line in lines} == set(asked)
    assert {line["drawing"] for line in server.lines()} == {line["drawing"] for line in lines}
    [path] = server.folder.glob("*.jsonl")
    assert [str(digit.label) for digit in read_strokes(path)] == list("".join(asked))
    assert all(set(line["pointers"]) == {"touch"} for line in lines)
    assert all(times == sorted(times) for line in lines for times in line["times"])

    adapted = train_on(server.folder, tmp_path / "runs")
    [own, _] = adapted["data"]
    assert (own["writers"], own["digits"]) == (1, len("".join(asked)))
    assert adapted["started_from"].startswith("lightweight")

    visit.page.locator("[data-view=review]").click()
    visit.counts("#drawings li", 10)
    assert visit.page.locator("#drawings b").all_inner_texts() == asked[::-1]
    visit.page.clock.install()  # so that it asks until it is answered
    visit.page.clock.pause_at(datetime.now() + timedelta(days=1))
    visit.page.locator("#drawings button").first.click()
    assert len(server.lines()) == len(lines)  # asked whether really
    visit.page.locator("#drawings button").first.click()
    visit.counts("#drawings li", 9)
    numbers = {line["drawing"]: line["number"] for line in server.lines()}
    assert sorted(numbers.values()) == sorted(asked[:9])


def test_skipping_asks_for_another(visit):
    visit.start_collecting("mia")
    first = visit.text("prompt")
    visit.page.locator("#skip").click()
    visit.shows("#prompt", re.compile(f"^(?!{first}$)[0-9]+$"))


def test_what_the_server_did_not_get_waits_in_the_browser(browser, tmp_path):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    with running(tmp_path / "kept") as server:
        visit = Collector(context, server.port)
        visit.start_collecting("mia")
        number = visit.text("prompt")
        context.set_offline(True)
        visit.write(written(number, height=46))
        visit.page.locator("#done").click()
        visit.page.locator("#trouble").wait_for()
        visit.shows("#note", re.compile(f"^{number} waits in this browser"))
        assert server.lines() == []
        visit.page.close()
        context.set_offline(False)
        again = Collector(context, server.port)
        again.page.locator("[data-view=collect]").click()
        again.shows("#kept", re.compile("^1 kept"))
        assert {line["number"] for line in server.lines()} == {number}
    context.close()


def test_an_answer_that_comes_late_leaves_the_open_view_alone(visit):
    visit.start_collecting("mia")
    visit.write(written(visit.text("prompt"), height=46))
    visit.page.evaluate("""() => {
        const own = window.fetch;
        const later = (ask) => new Promise((done) => setTimeout(() => done(ask()), 400));
        const count = document.body.dataset;
        count.answers = 0;
        window.fetch = (...asked) => later(() => own(...asked)).finally(() => count.answers++);
    }""")
    visit.page.locator("#done").click()
    visit.page.locator("[data-view=review]").click()
    # The drawing, the list, the progress.
    visit.page.locator("body[data-answers='3']").wait_for(timeout=PATIENCE)
    assert visit.page.locator("#writing").is_hidden()
    assert not visit.page.locator("#review").is_hidden()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_the_window(browser, shared_server, size, scheme):
    context = browser.new_context(viewport=size, color_scheme=scheme)
    visit = Visit(context, shared_server.port)
    ground = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(18, 21, 28)") == (scheme == "dark")
    for view in ("read", "collect", "review"):
        visit.page.locator(f"[data-view={view}]").click()
        wide = visit.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"]
    visit.page.locator("#theme").click()
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
    context.close()


@pytest.mark.parametrize("lacking", OLDER.values(), ids=OLDER)
def test_browsers_that_lack_something_read_and_collect(browser, server, lacking):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    context.add_init_script(lacking)
    visit = Collector(context, server.port)
    visit.write(written("407", height=80))
    visit.reads("407")
    visit.page.locator("#theme").click()
    visit.start_collecting("mia")
    numbers = {visit.keep_asked(count + 1) for count in range(2)}
    assert {line["number"] for line in server.lines()} == numbers
    context.close()
    assert visit.troubles == []


class Pointers:
    """Pointer events as browsers send them, of pens too, which no driver can hold."""

    def __init__(self, page):
        self.page, self.ms = page, 0
        page.evaluate("""() => {
            const pad = document.getElementById('pad');
            window.sendPointer = (kind, at, more) => {
                const box = pad.getBoundingClientRect();
                const place = {clientX: box.left + at[0], clientY: box.top + at[1]};
                const event = new PointerEvent(kind,
                    {bubbles: true, cancelable: true, isPrimary: true, ...place, ...more});
                Object.defineProperty(event, 'timeStamp', {value: more.ms});
                (more.beside ? document.body : pad).dispatchEvent(event);
            };
        }""")

    def send(self, kind, at, pointer, id_, **more):
        self.ms += 10
        told = {"pointerType": pointer, "pointerId": id_, "ms": self.ms, **more}
        self.page.evaluate(
            "([kind, at, told]) => sendPointer(kind, at, told)", [f"pointer{kind}", at, told]
        )

    def write(self, strokes, pointer, id_):
        for stroke in strokes:
            self.send("down", stroke[0], pointer, id_)
            for at in stroke[1:]:
                self.send("move", at, pointer, id_)
            self.send("up", stroke[-1], pointer, id_)


def test_the_pen_wins_over_the_palm_before_it_and_after(visit):
    pointers = Pointers(visit.page)
    pointers.send("down", [300, 200], "touch", 7)
    [first, *rest] = written("47", height=80)
    pointers.send("down", first[0], "pen", 9)
    for at in first[1:]:
        pointers.send("move", [310, 205], "touch", 7)
        pointers.send("move", at, "pen", 9)
    pointers.send("up", first[-1], "pen", 9)
    pointers.send("up", [310, 205], "touch", 7)
    pointers.write(rest[:1], "pen", 9)
    pointers.write([[[250, 180], [251, 181]]], "touch", 8)  # the hand, put down anew
    pointers.write(rest[1:], "pen", 9)
    visit.reads("47")
    pointers.ms += 2000
    pointers.write(written("1", height=80, left=250), "touch", 10)  # a finger, later
    visit.reads("471")


def test_a_finger_during_a_pens_stroke_writes_nothing(visit):
    pointers = Pointers(visit.page)
    [stroke] = written("7", height=80)
    pointers.send("down", stroke[0], "pen", 9)
    pointers.send("down", [250, 100], "touch", 3)
    pointers.send("move", stroke[1], "pen", 9)
    pointers.send("move", [250, 180], "touch", 3)
    pointers.send("move", stroke[2], "pen", 9)
    pointers.send("up", stroke[2], "pen", 9)
    pointers.send("up", [250, 180], "touch", 3)
    visit.reads("7")


def test_a_touch_that_the_system_takes_back_is_no_writing(visit):
    pointers = Pointers(visit.page)
    pointers.write(written("7", height=80), "touch", 3)
    pointers.send("down", [200, 150], "touch", 4)
    pointers.send("cancel", [200, 150], "touch", 4)
    visit.reads("7")


def test_a_pointer_whose_end_was_never_told_holds_up_none(visit):
    pointers = Pointers(visit.page)
    pointers.send("down", [20, 20], "mouse", 1)
    pointers.send("up", [900, 20], "mouse", 1, beside=True)  # let go beside the canvas
    visit.page.locator("#clear").click()
    pointers.send("down", [20, 20], "touch", 3)
    pointers.send("down", [20, 20], "touch", 4)  # the first of the screen, so 3 is gone
    pointers.send("up", [20, 20], "touch", 4)
    visit.page.locator("#clear").click()
    pointers.write(written("47", height=80), "touch", 5)
    visit.reads("47")
