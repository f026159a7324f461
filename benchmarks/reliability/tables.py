"""What `python -m benchmarks.reliability` found, as Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.hostile import MEMORY

Row = dict[str, Any]


def page(report: dict[str, Any]) -> str:
    """All of the report, the whole first."""
    rows: dict[str, list[Row]] = {}
    for row in report["tries"]:
        rows.setdefault(row["kind"], []).append(row)
    parts = [_whole(report)]
    for kind, shown in _SHOWN.items():
        parts += [shown(rows[kind])] if kind in rows else []
    return "\n\n".join(parts)


def _whole(report: dict[str, Any]) -> str:
    tries = report["tries"]
    runs, broken = sum(row["runs"] for row in tries), sum(len(row["broken"]) for row in tries)
    kills = sum(row["struck"] for row in tries if row["kind"] == "kills")
    files = [row for row in tries if row["kind"] == "files"]
    crashes = sum(len(row["broken"]) for row in files)
    return (
        f"{len(tries)} faults, {runs:,} runs in {report['minutes']:.0f} minutes: {runs - broken:,} "
        f"survived, {broken or 'none'} did not. {kills:,} kills; "
        f"{sum(row['struck'] for row in files):,} files fuzzed, {crashes or 'no'} crashes. Seed "
        f"{report['seed']}, commit {report['commit']}, {report['machine']}, one thread."
    )


def _survived(row: Row) -> str:
    lost = len(row["broken"])
    return f"{row['runs'] - lost} of {row['runs']}" if lost else "all"


def _kills(rows: list[Row]) -> str:
    head = ("SIGKILL", "kills", "runs", "survived", "s without", "s with its kills, mean", "most")
    body = [
        [
            f"`{row['of']}` {row['what']}",
            str(row["struck"]),
            str(row["runs"]),
            _survived(row),
            _seconds(row["most"].get("whole")),
            _seconds(row["seconds"] / row["runs"]),
            _seconds(row["most"]["seconds a run"]),
        ]
        for row in rows
    ]
    return _table(head, body, 1)


def _disk(rows: list[Row]) -> str:
    commands = list(dict.fromkeys(row["of"] for row in rows))
    cells = {
        (row["what"], row["of"]): str(row["runs"])
        + (f", {len(row['broken'])} BROKEN" if row["broken"] else "")
        for row in rows
    }
    body = [
        [what, promise, *(cells.get((what, command), "") for command in commands)]
        for what, promise in dict.fromkeys((row["what"], row["promise"]) for row in rows)
    ]
    return _table(("runs, in which", "what held", *(f"`{each}`" for each in commands)), body, 2)


def _files(rows: list[Row]) -> str:
    head = ("changed by chance", "files", "crashes", "slowest, s", f"MiB, of {MEMORY >> 20:,}")
    body = [
        [
            row["of"],
            f"{row['struck']:,}",
            str(len(row["broken"]) or "none"),
            f"{row['most'].get('seconds', 0):.2f}",
            f"{row['most'].get('MiB', 0):.0f}",
        ]
        for row in rows
    ]
    return _table(head, body, 1)


def _memory(rows: list[Row]) -> str:
    body = []
    for row in rows:
        told = row["told"] or {}
        taken = [f"{told[key]:.0f} MB" for key in ("little", "much") if key in told]
        most = "BROKEN" if row["broken"] else ", then ".join(taken)
        body.append([f"`{row['of']}` {row['what']}", most, row["promise"]])
    return _table(("memory", "at most", "bound"), body, 1)


def _same(rows: list[Row]) -> str:
    columns = list(dict.fromkeys(row["of"] for row in rows))
    cells = {(row["what"], row["of"]): _told(row) for row in rows}
    body = [
        [what, *(cells.get((what, each), "") for each in columns)]
        for what in dict.fromkeys(row["what"] for row in rows)
    ]
    return _table(("the same", *columns), body, 1 + len(columns))


def _told(row: Row) -> str:
    return "BROKEN" if row["broken"] else str(row["told"])


def _ranks(rows: list[Row]) -> str:
    parts = []
    for row in rows:
        curves: dict[str, list[Row]] = row["told"] or {}
        words = [f"{name} process{'es' * (name != '1')}" for name in curves] or ["BROKEN"]
        body = [
            [str(epoch), *(f"{each['train_loss']:.5f} / {each['val_loss']:.5f}" for each in told)]
            for epoch, told in enumerate(zip(*curves.values(), strict=True), 1)
        ]
        parts.append(_table(("loss in training / validation: epoch", *words), body, 0))
    return "\n\n".join(parts)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _table(head: Sequence[str], body: Iterable[Sequence[str]], words: int) -> str:
    """The first so many columns hold words, the others numbers."""
    line = ["---" if place < words else "---:" for place in range(len(head))]
    rows = [head, line, *body]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


_SHOWN = {
    "kills": _kills,
    "disk": _disk,
    "files": _files,
    "memory": _memory,
    "same": _same,
    "ranks": _ranks,
}
