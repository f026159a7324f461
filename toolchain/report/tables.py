"""Reports as tables: the same rows for a terminal and for a card."""

from typing import Any

from toolchain.table import Table

ENOUGH = 95  # %, of the plain drawings' accuracy: what no kind of drawing may fall below


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
            f"{form['name']}, {latency['threads']} thread{'s' * (latency['threads'] > 1)}"
            f"{_batch(latency)}",
            f"{form['size'] / 1e6:.2f} MB",
            f"{form['size_share']:.1%}",
            *(f"{latency[percentile]:.2f}" for percentile in ("p50", "p90", "p99")),
            f"{latency['speedup']:.2f}x",
            f"{form.get('cold_ms', form['load_ms']):.0f} ms",
            f"{form['peak_memory_mib']:.0f} MiB",
        ]
        for form in report["forms"]
        for latency in form["latency"]
    ]
    return Table(
        f"{report['machine']}, ONNX Runtime {report['onnxruntime']}, one strip "
        f"a run where nothing else is said, {report['runs']} runs each in turns"
        + (
            f"; the machine was {'quiet' if report['quiet'] else 'busy'}"
            if "quiet" in report
            else ""
        ),
        [
            "form",
            "size",
            "of float32",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "speed",
            "cold start",
            "memory",
        ],
        rows,
    )


def _batch(latency: dict[str, Any]) -> str:
    batch = latency.get("batch", 1)
    return f", batch {batch}" if batch > 1 else ""


def recipes(search: dict[str, Any]) -> Table:
    """What a recipe search measured; the one that ships has a star."""
    return Table(
        f"int8 recipes on {search['count']:,} {search['numbers']}, seed {search['seed']}; "
        f"float32 reads {search['float32']['accuracy']:.2f} %",
        ["recipe", "size", "of float32", "ms", "of float32", "exact", "loss", "differ", "Pareto"],
        [
            [
                f"{each['name']}{' *' * (each['name'] == search['winner'])}",
                megabytes(each["size"]),
                f"{each['size_share']:.1%}",
                f"{each['milliseconds']:.2f}",
                f"{each['latency_share']:.2f}",
                f"{each['accuracy']:.2f} %",
                f"{each['loss']:.2f} ± {each['error']:.2f}",
                str(each["mismatches"]),
                "refused" if each["name"] in search["refused"] else "front" * each["front"],
            ]
            for each in search["candidates"]
        ],
    )


def gates(answers: list[dict[str, Any]]) -> Table:
    """What each gate found."""
    return Table(
        "gates",
        ["gate", "file", "measured"],
        [[each["name"], each["file"], each["measured"]] for each in answers],
        words=3,
    )


def plan(planned: dict[str, Any]) -> Table:
    """What an export would do."""
    rows = [["recipe", name, about] for name, about in planned["recipes"].items()]
    rows += [["gate", name, asks] for name, asks in planned["gates"].items()]
    return Table(
        f"{planned['variant']} from {planned['weights']} to {planned['folder']}, compared on "
        f"{planned['numbers']:,} numbers; nothing is done",
        ["step", "name", "what"],
        rows,
        words=3,
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
    return [
        Table(
            f"{title}: {source['digit_error_rate']:.2f} edits per 100 digits",
            ["numbers", "count", "read exactly", "95 % interval"],
            [_slice(each) for each in [source["all"], *_besides(source), *source["slices"]]],
        ),
        Table(
            "written -> read",
            ["digit", "times"],
            [[pair, str(times)] for pair, times in source["confusions"]],
        ),
        coverage(source["trust"], source.get("shipped")),
        *expected(source),
    ]


def _besides(source: dict[str, Any]) -> list[dict[str, Any]]:
    """All without ambiguous digits; where writers are known, all alike, and those read worst."""
    rows = [source["told_apart"]] if source.get("told_apart") else []
    found = source.get("writers")
    if not found:
        return rows
    alike = f"every one of {found['count']} writers alike"
    return [
        *rows,
        {**source["all"], **found, "name": alike, "count": source["all"]["count"]},
        *({**each, "name": f"by {each['name']}", "interval": None} for each in found["worst"]),
    ]


def expected(source: dict[str, Any]) -> list[Table]:
    """What asking about the expected answer accepts; none where it was not measured."""
    found = source.get("verdict")
    if not found:
        return []
    named = [("reading and comparing", found["reading"])]
    named += [("", point) for point in found["curve"]]
    named.append(("lowest with 1 % of near misses", found["recommended"]))
    if found.get("shipped"):
        named.append(("the file's own", found["shipped"]))
    kinds = list(found["reading"]["kinds"])
    return [
        Table(
            "the expected answer, accepted by its posterior: of right ones, and of near misses",
            ["", "from", "right", "near misses, each kind alike", *kinds],
            [
                [
                    name,
                    "-" if point["posterior"] is None else f"{point['posterior']:.4f}",
                    f"{point['right']:.2f} %",
                    f"{point['wrong']:.2f} %",
                    *(f"{point['kinds'][kind]:.2f} %" for kind in kinds),
                ]
                for name, point in named
            ],
        )
    ]


def coverage(trust: dict[str, Any], shipped: dict[str, Any] | None = None) -> Table:
    """What asking again below a confidence costs and spares; `shipped` is the file's own point."""
    named = [("", point) for point in trust["curve"]]
    named.append(("lowest with 0.3 % wrong", trust["recommended"]))
    if shipped:
        named.append(("the file's own threshold", shipped))
    return Table(
        f"confidence: off by {trust['calibration_error']:.2f} points on average",
        ["", "ask again below", "asked again", "wrong among the rest"],
        [
            [
                name,
                f"{point['threshold']:.4f}",
                f"{point['asked_again']:.2f} %",
                f"{point['wrong']:.2f} %",
            ]
            for name, point in named
        ],
    )


def robustness(report: dict[str, Any]) -> list[Table]:
    """Accuracy by the way of writing, and relative to the usual mix; none of single ways."""
    if not report["ways"]:
        return []
    usual = report["ways"][0]["accuracy"]
    rows = [
        [*_slice(way), f"{100 * way['accuracy'] / max(usual, 1e-9):.1f} %"]
        for way in report["ways"]
    ]
    head = ["numbers", "count", "read exactly", "95 % interval", "of the usual"]
    return [Table(f"ways of writing, {report['ways_of']}", head, rows)]


def drawings(report: dict[str, Any]) -> list[Table]:
    """Accuracy by the kind of drawing, and whether it holds up; none if it was not measured."""
    if not report.get("drawings"):
        return []
    plain = report["drawings"][0]["accuracy"]
    shares = [100 * kind["accuracy"] / max(plain, 1e-9) for kind in report["drawings"]]
    return [
        Table(
            f"drawings on a canvas, fitted and read, {report['drawings_of']}: each must keep "
            f"{ENOUGH} % of the plain ones' accuracy",
            ["drawn", "count", "read exactly", "95 % interval", "of the plain", "holds"],
            [
                [*_slice(kind), f"{share:.1f} %", "yes" if share >= ENOUGH else "NO"]
                for kind, share in zip(report["drawings"], shares, strict=True)
            ],
        )
    ]


def ablations(report: dict[str, Any]) -> list[Table]:
    """What networks read that were trained otherwise, of each source: mean and range of seeds."""
    found = []
    for title, rows in report["tables"].items():
        tests = list(dict.fromkeys(test for scores in rows.values() for test in scores))
        cells = [
            [name, *(_ablated(scores[test]) for test in tests)] for name, scores in rows.items()
        ]
        found.append(Table(title, ["trained with", *tests], cells))
    return found


def _ablated(score: dict[str, Any]) -> str:
    low, high = score["range"]
    return f"{score['accuracy']:.2f} % ({low:.2f} to {high:.2f})"


def _slice(each: dict[str, Any]) -> list[str]:
    return [
        each["name"],
        f"{each['count']:,}",
        f"{each['accuracy']:.2f} %",
        "{:.2f} to {:.2f} %".format(*each["interval"]) if each["interval"] else "-",
    ]
