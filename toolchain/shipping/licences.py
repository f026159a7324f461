"""Whose the parts of a package are, listed from the files that it encloses.

`python -m toolchain.shipping.licences` writes THIRD_PARTY.md, which comes with the wheel;
`godot_demo.tools.pack` puts one like it into the addon.
"""

import fnmatch
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx

from generator.errors import BadInput
from toolchain import console, storage
from toolchain.report.card import ATTRIBUTION
from toolchain.table import Table

ROOT = Path(__file__).parents[2]
FILE = ROOT / "THIRD_PARTY.md"


@dataclass(frozen=True)
class Part:
    """What of a package is whose.

    Attributes:
        name: what it is, with its version where there is one.
        licence: its name, and where its text is.
        files: patterns of the names of its files.
    """

    name: str
    licence: str
    files: tuple[str, ...]


WEIGHTS = Part("weights of networks", "MIT, LICENSE; what they were trained on: below", ("*.onnx",))
# Third-party code and data are never committed, see CONTRIBUTING.md.
WHEEL = (
    Part(
        "nrtool",
        "MIT, LICENSE",
        tuple(
            f"{package}/*.{ending}"
            for package in ("generator", "models", "toolchain")
            for ending in ("py", "md", "txt", "js", "html", "css", "j2", "svg", "png")
        ),
    ),
    WEIGHTS,
)


def listed(title: str, files: Mapping[str, Path], parts: Sequence[Part]) -> str:
    """The list, as Markdown.

    Args:
        title: of what.
        files: names within the package, and where they lie.
        parts: whose they may be.

    Raises:
        BadInput: a file is no part's, or two's, or a model says not what it was trained on.
    """
    owned: dict[str, list[str]] = {part.name: [] for part in parts}
    for name in sorted(files):
        owners = [p for p in parts if any(fnmatch.fnmatch(name, each) for each in p.files)]
        if len(owners) != 1:
            found = " and ".join(owner.name for owner in owners) or "nobody"
            raise BadInput(f"{name} is enclosed and belongs to {found}: name its licence once")
        owned[owners[0].name].append(name)
    rows = [
        [part.name, part.licence, _named(owned[part.name])] for part in parts if owned[part.name]
    ]
    trained = [
        f"- {name}: {'; '.join(_data(path))}"
        for name, path in sorted(files.items())
        if path.suffix == ".onnx"
    ]
    return "\n".join(
        [
            f"# What {title} encloses\n",
            Table("", ["part", "licence", "files"], rows, words=3).markdown(),
            "## What the weights were trained on\n",
            *trained,
            "",
        ]
    )


def _named(names: list[str]) -> str:
    """Few files by their names, more by their folders."""
    if len(names) <= 12:
        return ", ".join(names)
    folders = sorted({name.rpartition("/")[0] or "." for name in names})
    return f"all in {', '.join(folders)}"


def _data(path: Path) -> list[str]:
    """Whom a model's training data is owed to."""
    try:
        told = {each.key: each.value for each in onnx.load(path).metadata_props}
        origins = [name for source in json.loads(told["data"]) for name in source["origins"]]
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path} does not say what it was trained on: export it again") from error
    owed = [ATTRIBUTION[name] for name in origins if name in ATTRIBUTION]
    return owed or ["digits of nobody else"]


def wheel_files() -> dict[str, Path]:
    """What the wheel encloses, as pyproject.toml says."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = wheel["tool"]["hatch"]["build"]["targets"]["wheel"]
    files = {
        path.relative_to(ROOT).as_posix(): path
        for package in wheel["packages"]
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return files | {name: ROOT / path for path, name in wheel["force-include"].items()}


def text() -> str:
    """THIRD_PARTY.md as it ought to be; raises `BadInput` as `listed` does."""
    return listed("the wheel", wheel_files(), WHEEL)


def main() -> None:
    """Write it."""
    content = text()
    with storage.replacing(FILE) as temporary:
        temporary.write_text(content, "utf-8")


if __name__ == "__main__":
    sys.exit(console.guarded(main))
