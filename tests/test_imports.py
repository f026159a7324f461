"""Imports run one way. All are read, wherever in a file they stand: lazy ones, for types alone."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PACKAGES = {
    "generator": {"generator"},
    "models": {"models"},
    "toolchain": {"generator", "models", "toolchain"},
    "benchmarks": {"generator", "models", "toolchain", "godot_demo", "benchmarks"},
    "godot_demo": {"generator", "toolchain", "godot_demo"},
}

# The modules of toolchain/ that stand beside its rooms.
GROUND = {"errors", "debian", "memory", "programs", "storage", "provenance", "table", "console"}
GROUND |= {"extras"}
TOP = {"cli", "pipeline"}

# What each room of toolchain/ may import besides itself.
ROOMS: dict[str, set[str]] = {"ground": set(), "reading": {"ground"}, "data": {"ground", "reading"}}
ROOMS["sketchpad"] = ROOMS["doctor"] = {"ground", "reading"}
for above, below in (
    ("training", "data"),
    ("report", "training"),
    ("proof", "report"),
    ("shipping", "proof"),
    ("commands", "shipping"),
    ("top", "commands"),
):
    ROOMS[above] = {"reading", below} | ROOMS[below]
ROOMS["commands"] |= {"sketchpad", "doctor"}


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, those that it takes from a module among them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def room_of(name: str) -> str:
    """The room of a dotted name in toolchain; of toolchain itself, the ground."""
    _, _, inside = name.partition(".")
    first = inside.partition(".")[0]
    if first in GROUND or first in ("", "__init__"):
        return "ground"
    return "top" if first in TOP else first


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_know_only_those_below_them(package):
    for path in files(package):
        used = {name.partition(".")[0] for name in imported(path)}
        assert not (used & set(PACKAGES)) - PACKAGES[package], path


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_imports_the_command_line(package):
    for path in files(package):
        assert not any(f"{name}.".startswith("toolchain.cli.") for name in imported(path)), path


def test_rooms_import_only_downwards():
    paths = files("toolchain")
    assert {room_of(dotted(path)) for path in paths} == set(ROOMS)
    for path in paths:
        room = room_of(dotted(path))
        used = {room_of(name) for name in imported(path) if name.startswith("toolchain.")}
        assert not used - ROOMS[room] - {room}, path


def test_reading_reaches_no_torch():
    """However far its imports go."""
    found, ahead = set(), [dotted(path) for path in files("toolchain/reading")]
    while ahead:
        name = ahead.pop()
        while name and name not in found:
            found.add(name)
            base = ROOT / name.replace(".", "/")
            for path in (base.with_suffix(".py"), base / "__init__.py"):
                if name.partition(".")[0] in PACKAGES and path.is_file():
                    ahead += imported(path)
            name = name.rpartition(".")[0]  # the packages around it are imported, too
    assert "onnxruntime" in found
    assert not found & {"torch", "torchvision", "safetensors", "models"}


def test_help_loads_nothing_heavy():
    code = "import sys, toolchain.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "typer" in loaded
    assert not loaded & {"torch", "onnxruntime", "onnx", "matplotlib", "numpy", "pydantic"}


def test_every_room_lists_its_files():
    tour = (ROOT / "toolchain" / "README.md").read_text("utf-8")
    for folder in [ROOT / "toolchain", *(ROOT / "toolchain").glob("*/")]:
        modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
        if not modules:
            continue
        doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
        for module in modules:
            if folder.name != "toolchain":
                assert f"- `{module}`: " in doc, folder / f"{module}.py"
            assert f"{module}.py " in tour, folder / f"{module}.py"


@pytest.mark.parametrize("package", ["generator", "models"])
def test_the_tour_of_a_package_lists_its_files(package):
    tour = (ROOT / package / "README.md").read_text("utf-8")
    for path in files(package):
        assert path.name == "__init__.py" or f"── {path.name} " in tour, path
    for name in re.findall(r"── (\S+\.py) ", tour):
        assert (ROOT / package / name).is_file(), name
