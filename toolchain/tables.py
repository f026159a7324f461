"""Reports as tables: the same rows for a terminal and for a card."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """A title, a head and rows of text; the first column is words, the others are figures."""

    title: str
    head: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        """Head and rows as a Markdown table."""
        lines = [self.head, ["---"] + ["---:"] * (len(self.head) - 1), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def accuracy(section: dict[str, Any]) -> Table:
    """How each form of a model read the same numbers: one section of a parity report."""
    readers = section["readers"]
    lengths = [f"{length} digit{'s' * (int(length) > 1)}" for length in readers[0]["by_length"]]
    return Table(
        f"{section['count']:,} {section['numbers']}, seed {section['seed']}",
        ["form", "read exactly", "95 % interval", *lengths],
        [
            [
                reader["name"],
                f"{reader['accuracy']:.2f} %",
                "{:.2f} to {:.2f} %".format(*reader["interval"]),
                *(f"{share:.2f}" for share in reader["by_length"].values()),
            ]
            for reader in readers
        ],
    )


def differences(section: dict[str, Any]) -> list[str]:
    """One sentence for each pair of forms that was compared."""
    return [
        f"{gap['between'][0]} and {gap['between'][1]}: {gap['mismatches']} decoded differently; "
        f"log_probs differ by {gap['largest']:.2g} at most, {gap['mean']:.2g} on average."
        for gap in section["differences"]
    ]


def speed(report: dict[str, Any]) -> Table:
    """What a bench report measured."""
    rows = [
        [
            f"{form['name']}, {latency['threads']} thread{'s' * (latency['threads'] > 1)}",
            f"{form['size'] / 1e6:.2f} MB",
            f"{form['size_share']:.1%}",
            *(f"{latency[percentile]:.2f}" for percentile in ("p50", "p90", "p99")),
            f"{latency['speedup']:.2f}x",
            f"{form['load_ms']:.0f} ms",
            f"{form['peak_memory_mib']:.0f} MiB",
        ]
        for form in report["forms"]
        for latency in form["latency"]
    ]
    return Table(
        f"{report['machine']}, ONNX Runtime {report['onnxruntime']}, batch 1, "
        f"{report['runs']} runs each in turns",
        ["form", "size", "of float32", "p50 ms", "p90 ms", "p99 ms", "speed", "load", "memory"],
        rows,
    )


def epochs(history: list[dict[str, Any]]) -> Table:
    """A training run's curve."""
    return Table(
        "",
        ["epoch", "numbers", "training loss", "validation loss", "validation accuracy"],
        [
            [
                str(row["epoch"]),
                f"{row['numbers']:,}",
                f"{row['train_loss']:.4f}",
                f"{row['val_loss']:.4f}",
                f"{row['val_accuracy']:.2%}",
            ]
            for row in history
        ],
    )


def megabytes(size: int | None) -> str:
    """Bytes as MB, or a dash for nothing."""
    return f"{size / 1e6:.2f} MB" if size else "-"


def evaluation(source: dict[str, Any]) -> list[Table]:
    """How one source's numbers were read: slices, confusions, what the confidence is worth."""
    title = f"{source['all']['count']:,} {source['numbers']}, seed {source['seed']}"
    trust = source["trust"]
    points = [*trust["curve"], trust["recommended"]]
    return [
        Table(
            f"{title}: {source['digit_error_rate']:.2f} edits per 100 digits",
            ["numbers", "count", "read exactly", "95 % interval"],
            [_slice(each) for each in [source["all"], *source["slices"]]],
        ),
        Table(
            "written -> read",
            ["digit", "times"],
            [[pair, str(times)] for pair, times in source["confusions"]],
        ),
        Table(
            f"confidence: off by {trust['calibration_error']:.2f} points on average; "
            "the last line is the recommended threshold",
            ["ask again below", "asked again", "wrong among the rest"],
            [
                [
                    f"{point['threshold']:.4f}",
                    f"{point['asked_again']:.2f} %",
                    f"{point['wrong']:.2f} %",
                ]
                for point in points
            ],
        ),
    ]


def robustness(report: dict[str, Any]) -> Table:
    """Accuracy by the way of writing, and relative to the usual mix."""
    usual = report["ways"][0]["accuracy"]
    return Table(
        f"ways of writing, {report['ways_of']}",
        ["numbers", "count", "read exactly", "95 % interval", "of the usual"],
        [
            [*_slice(way), f"{100 * way['accuracy'] / max(usual, 1e-9):.1f} %"]
            for way in report["ways"]
        ],
    )


def _slice(each: dict[str, Any]) -> list[str]:
    return [
        each["name"],
        f"{each['count']:,}",
        f"{each['accuracy']:.2f} %",
        "{:.2f} to {:.2f} %".format(*each["interval"]),
    ]
