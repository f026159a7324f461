"""What a benchmark found, written as JSON for machines and as a page for people."""

import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from toolchain import storage
from toolchain.provenance import machine, source_commit
from toolchain.training.accuracy import wilson


def where(packages: Iterable[str]) -> dict[str, Any]:
    """The machine, this code's commit, and the versions of packages."""
    versions = {name: metadata.version(name) for name in packages}
    return {"machine": machine(), "commit": source_commit(), "versions": versions}


def share(right: int, count: int) -> str:
    """A share as a page says it: with its 95 % interval (Wilson)."""
    low, high = wilson(right, count)
    return f"{right / count:.1%} ({low:.1%} to {high:.1%})"


def write(out: Path, title: str, body: str, report: Mapping[str, Any]) -> None:
    """Write the report to `out` and its page beside it; print the page.

    `report` holds, among others, what `where` gives.
    """
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    text = (
        f"# {title}\n\n{body}\n{report['machine']}; {versions}; commit {report['commit']}. "
        f"Written by `python benchmarks/{Path(sys.argv[0]).name}`.\n"
    )
    print(text)
    storage.write_json(out, report)
    with storage.replacing(out.with_suffix(".md")) as temporary:
        temporary.write_text(text, "utf-8")
