"""The page as a folder that needs no server: it reads in the browser, and opens without a network.

The sketchpad's own page, with `offline/net.js` in place of the module that asks the server. Any web
host serves the folder; one model reads, and no drawings are kept.
"""

import gzip
import hashlib
import json
from pathlib import Path

from generator.errors import BadInput
from generator.strip import HEIGHT, WIDTH
from toolchain.reading import Recognizer
from toolchain.reading.modelfile import BUNDLED, chosen, read_model
from toolchain.sketchpad import OFFLINE, PAGE
from toolchain.sketchpad.homescreen import SIDES, icon, icon_name, manifest
from toolchain.sketchpad.vendored import LIBRARY, SCRIPT, browser_runtime
from toolchain.storage import EXPORTS, alone, beside, insist_on_movable, read_json

SMALLEST = "nano"
ABOUT = "about.json"  # names the files of the page: by it a page of ours is known
WORKER = "sw.js"


def model_of(variant: str | None, exports: Path | None) -> Path:
    """Which model a page reads with where no file is named: the one that is ready soonest.

    That is the smallest network in float32: a browser's runtime takes longer to prepare int8.
    """
    if variant is None:
        soonest = (exports or EXPORTS) / SMALLEST / f"{SMALLEST}.onnx"
        if soonest.is_file():
            return soonest
    return chosen(variant or BUNDLED, exports)


def write_page(out: Path, model: Path) -> int:
    """Write the page, whole or not at all.

    Args:
        out: the folder; a page that this function wrote is replaced.
        model: an .onnx made by the export, which reads numbers of any length.

    Returns:
        Bytes of all its files.

    Raises:
        BadInput: the model is none, or reads numbers of known length alone; the folder holds
            something else, is being written, or a mounted disk; npm cannot bring the runtime.
        OSError: the folder cannot be written to; it is as it was.
    """
    out = out.resolve()
    if Path.cwd().is_relative_to(out):
        raise BadInput(f"{str(out)!r} is the folder that you work in: name another")
    insist_on_movable(out)
    with alone(out, "name another folder"):
        _insist_on_own(out)
        files = _page(model)
        with beside(out) as temporary:
            fresh, before = temporary / "fresh", temporary / "before"
            for name, content in files.items():
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            try:
                if out.is_dir():
                    out.rename(before)
                fresh.rename(out)
            finally:
                if before.is_dir() and not out.is_dir():
                    before.rename(out)
    return sum(map(len, files.values()))


def _insist_on_own(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise BadInput(f"{str(out)!r} is a file: name a folder")
    try:
        ours = {ABOUT, *read_json(out / ABOUT)["files"]}
    except (BadInput, OSError, KeyError, TypeError):
        ours = set()
    there = (path for path in out.rglob("*") if not path.is_dir())
    foreign = sorted(str(path.relative_to(out)) for path in there)
    foreign = [name for name in foreign if name not in ours]
    if foreign:
        raise BadInput(
            f"{str(out)!r} holds {foreign[0]!r}, which is no part of a page: name another folder"
        )


def _page(model: Path) -> dict[str, bytes]:
    """Content of every file, by its path in the folder."""
    recognizer = Recognizer.load(model)
    if recognizer.decoder != "ctc" or recognizer.size != (HEIGHT, WIDTH):
        raise BadInput(
            f"{recognizer.variant} reads numbers of known length, and people write any: "
            f"take {BUNDLED} or optimized"
        )
    runtime = browser_runtime()
    files = {
        f"page/{path.name}": path.read_bytes()
        for path in sorted(PAGE.iterdir())
        if path.name != "index.html"
    }
    for name in ("net.js", "reader.js", "ink.js", "strip.js", "install.js"):
        files[f"page/{name}"] = (OFFLINE / name).read_bytes()
    files["page/ort.js"] = runtime[SCRIPT]
    # Packed, a quarter of its size: few web hosts pack what they send.
    files["page/ort.wasm.gz"] = gzip.compress(runtime[LIBRARY], mtime=0)
    files["model.onnx"] = read_model(model)
    files["index.html"] = _index()
    files["manifest.webmanifest"] = manifest()
    files |= {icon_name(side): icon(side) for side in SIDES}
    about = {"model": model.stem, "files": [*files, WORKER]}
    files[ABOUT] = json.dumps(about, indent=2).encode()
    files[WORKER] = _worker(files)
    return files


def _index() -> bytes:
    page = (PAGE / "index.html").read_text("utf-8")
    before, title, after = page.partition("</title>\n")
    return f"{before}{title}{(OFFLINE / 'head.html').read_text('utf-8')}{after}".encode()


def _worker(files: dict[str, bytes]) -> bytes:
    """The service worker, told what to keep; any change of any file makes another version."""
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    # A host answers for the folder with its index.html.
    kept = ["./", *(name for name in files if name != "index.html")]
    told = f'const VERSION = "{whole.hexdigest()}";\nconst FILES = {json.dumps(kept)};\n'
    return told.encode() + (OFFLINE / WORKER).read_bytes()
