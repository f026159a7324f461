"""A table of text: the same rows for a terminal, for a card and for a page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A title, a head and rows of text: columns of words at the left, then of figures."""

    title: str
    head: list[str]
    rows: list[list[str]]
    words: int = 1

    def markdown(self) -> str:
        """Head and rows as a Markdown table."""
        lines = [
            self.head,
            ["---"] * self.words + ["---:"] * (len(self.head) - self.words),
            *self.rows,
        ]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
