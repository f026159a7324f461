"""A block of a README that a command writes: between `<!-- NAME:` and `<!-- end of NAME -->`."""

from pathlib import Path


def write(document: Path, name: str, block: str, check: bool = False) -> int:
    """Put `block` in its place, or with `check` only compare; 1 says that it was not there."""
    text = document.read_text("utf-8")
    before, rest = text.split(f"<!-- {name}:", 1)
    marker, rest = rest.split("\n", 1)
    end = f"<!-- end of {name} -->"
    after = rest.split(end, 1)[1]
    fresh = f"{before}<!-- {name}:{marker}\n{block}\n{end}{after}"
    if check:
        return int(fresh != text)
    document.write_text(fresh, "utf-8")
    return 0
