"""What the documents say is so: links lead somewhere, what they type exists, examples work."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

from generator.glyphs import stroke_digits
from toolchain.cli import app
from toolchain.proof.drawings import DRAWINGS
from toolchain.shipping.gates import GATES
from toolchain.training.settings import SECTIONS

ROOT = Path(__file__).parent.parent
# Those of the repository; what tools leave beside them is none of ours.
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "[!.]*/*.md", "exports/*/*.md", "benchmarks/runtimes/*.md")
    for path in ROOT.glob(pattern)
)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
LONGEST = 130  # lines of the README, to be read in five minutes

COMMANDS = typer.main.get_command(app).commands
TARGETS = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def typed(text: str) -> Iterator[list[str]]:
    """The words of each command that a document shows, in a block or within a line."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for line in lines:
        if re.match(r"(nrtool|make|python) \S", line):
            yield shlex.split(line, comments=True)


def anchors(document: Path) -> set[str]:
    """What a link into a document can name: its headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    document = ROOT / name
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        target = target / "README.md" if anchor and target.is_dir() else target
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", NAMES)
def test_what_is_typed_exists(name):
    for words in typed((ROOT / name).read_text("utf-8")):
        program, first = words[:2]
        if program == "make":
            assert first in TARGETS, words
        elif program == "python" and first.endswith(".py"):
            assert (ROOT / first).is_file(), words
        elif program == "nrtool" and first != "--help":
            assert first in COMMANDS, words
            takes = COMMANDS[first].params
            known = {option for each in takes for option in each.opts + each.secondary_opts}
            given = {word for word in words[2:] if word.startswith("-") and len(word) > 1}
            assert given <= known | {"--help"}, words


def test_every_benchmark_is_listed():
    shown = {
        word
        for words in typed((ROOT / "benchmarks" / "README.md").read_text("utf-8"))
        for word in words
    }
    scripts = (ROOT / "benchmarks").glob("*.py")
    runs = [path.name for path in scripts if "__main__" in path.read_text("utf-8")]
    assert {f"benchmarks/{name}" for name in runs} <= shown


def test_settings_that_documents_change_are_there():
    text = "".join(document.read_text("utf-8") for document in DOCUMENTS)
    named = re.findall(r"--set ([a-z]+)\.(\w+)=", text)
    assert named
    for section, key in named:
        assert key in {field.name for field in fields(SECTIONS[section])}, f"{section}.{key}"


def test_every_command_is_shown():
    shown = {words[1] for words in typed((ROOT / "toolchain" / "README.md").read_text("utf-8"))}
    assert set(COMMANDS) <= shown


def test_every_extra_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = "".join(document.read_text("utf-8") for document in DOCUMENTS)
    named = {each for list_ in re.findall(r"'\.\[([\w,]+)\]'", text) for each in list_.split(",")}
    assert named == set(project["optional-dependencies"]) - {"godot"}  # make godot's own


def test_the_readmes_code_reads_a_picture(tmp_path, monkeypatch, capsys):
    text = (ROOT / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    drawing = next(each for each in DRAWINGS if each.label == "407")
    Image.fromarray(255 - np.pad(drawing.ink(), 60)).save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert capsys.readouterr().out.startswith("407 ")


def test_every_gate_is_explained():
    text = (ROOT / "toolchain" / "README.md").read_text("utf-8")
    assert set(GATES) <= set(re.findall(r"`(\w+)`", text.partition("\n## Gates\n")[2]))


def test_the_readme_is_short_and_leads_on():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST
    for folder in ("generator", "models", "toolchain", "exports", "benchmarks", "godot_demo"):
        assert f"({folder}/README.md)" in text


def test_the_stroke_example_is_trained_on(tmp_path):
    text = (ROOT / "generator" / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (tmp_path / "strokes.jsonl").write_text(example)
    (digit,) = stroke_digits(tmp_path, "train")
    assert digit.label == 7
    assert len(digit.strokes[0]) == 3
    assert stroke_digits(tmp_path, "val") == []
