"""The report of a release: one page that needs nothing else, and the same as JSON.

It is written from the files of the release alone, so whoever has the folder can write it again.
"""

import functools
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from generator.errors import BadInput
from generator.folders import files_in
from toolchain import storage
from toolchain.data import checkpoint
from toolchain.report import charts, tables
from toolchain.report.card import reads
from toolchain.report.damage import PROBLEMS, told, told_of
from toolchain.storage import sha256
from toolchain.table import Table
from toolchain.training.accuracy import wilson

_MODELS = (".onnx", ".ort", ".safetensors")
_HASH = "0" * 64  # stands where the hash of report.json will
_PARTS = ("parity", "evaluation", "bench", "export", "golden")


def write(folder: Path) -> tuple[Path, Path]:
    """Write report.html and report.json into the folder of a release.

    Raises:
        BadInput: the folder holds no release, or a report in it is damaged.
    """
    content = gather(folder)
    rendered = _rendered(content, folder)
    page, data = folder / "report.html", folder / "report.json"
    with storage.alone(folder, "try again", storage.WAIT):
        storage.write_json(data, content)
        with storage.replacing(page) as temporary:
            temporary.write_text(rendered.replace(_HASH, sha256(data)), "utf-8")
    return page, data


def gather(folder: Path) -> dict[str, Any]:
    """All that is known of a release, as plain data; what was not measured is None.

    Raises:
        BadInput: as `write`.
    """
    variant = folder.name
    facts = checkpoint.facts(folder / f"{variant}.safetensors")
    found: dict[str, Any] = {"variant": variant, "facts": facts}
    found["files"] = [
        {"name": path.name, "size": path.stat().st_size, "sha256": sha256(path)}
        for path in files_in(folder, "*")
        if path.suffix in _MODELS
    ]
    for name in _PARTS:
        found[name] = told(folder / f"{name}.json", _shortened if name == "golden" else _whole)
    return found


def _whole(report: Any) -> Any:
    return report


def _shortened(golden: Any) -> Any:
    for case in (golden or {}).get("cases", []):
        for reading in case["readings"].values():
            del reading["log_probs"]  # they stand in golden.json
    return golden


def _rendered(content: dict[str, Any], folder: Path) -> str:
    try:
        return render(content, _HASH)
    except (*PROBLEMS, jinja2.TemplateError):
        for name in (*_PARTS, None):  # the first that cannot be shown by itself
            alone = {each: content[each] if each == name else None for each in _PARTS}
            path = folder / f"{name or folder.name}.{'json' if name else 'safetensors'}"
            try:
                told_of(path, functools.partial(render, content | alone, _HASH))
            except jinja2.TemplateError as error:
                raise BadInput(f"{path} is damaged ({error}): make it again with nrtool") from None
        raise


def render(content: dict[str, Any], data_sha256: str) -> str:
    """The page, HTML, of what `gather` found."""
    return page(
        "release_page.html.j2",
        **content,
        reads=reads(content["variant"]),
        data_sha256=data_sha256,
        curves=_curves(content["facts"].get("history") or []),
        sections=[_section(each) for each in (content["parity"] or {}).get("sections", [])],
        judged=_judged(content["evaluation"]),
        recipes=_recipes((content["export"] or {}).get("search")),
        gates=tables.gates(content["export"]["gates"]) if content["export"] else None,
        speed=_speed(content["bench"]),
        epochs=tables.epochs(content["facts"].get("history") or []),
    )


def page(template: str, **content: Any) -> str:
    """A template of this folder, filled in; tables become HTML by the filter `table`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["table"] = _table
    return environment.get_template(template).render(**content)


def _table(table: Table) -> Markup:
    cells = [
        "".join(
            Markup("<{0}{1}>{2}</{0}>").format(
                kind, Markup("" if place < table.words else ' class="figure"'), text
            )
            for place, text in enumerate(line)
        )
        for kind, line in [("th", table.head), *(("td", row) for row in table.rows)]
    ]
    rows = "".join(f"<tr>{line}</tr>" for line in cells)
    return Markup("<table><caption>{}</caption>{}</table>").format(table.title, Markup(rows))


def _curves(history: list[dict[str, Any]]) -> list[Markup]:
    if len(history) < 2:
        return []
    numbers = [row["numbers"] / 1e3 for row in history]
    losses = {
        name: list(zip(numbers, [row[key] for row in history], strict=True))
        for name, key in (("training", "train_loss"), ("validation", "val_loss"))
    }
    accuracy = list(zip(numbers, [100 * row["val_accuracy"] for row in history], strict=True))
    across = "thousand numbers"
    return [
        Markup(charts.lines(losses, (across, "loss, nats"), dots=True)),
        Markup(charts.lines({"validation": accuracy}, (across, "read exactly, %"), dots=True)),
    ]


def _section(section: dict[str, Any]) -> dict[str, Any]:
    """One set of numbers: tables, the chart of calibration, and the worst disagreements."""
    readers = section["readers"]
    last = readers[-1]
    worst = [
        {**example, "pair": gap["between"]}
        for gap in section["differences"]
        for example in gap["examples"]
        if "strip" in example
    ]
    return {
        "accuracy": tables.accuracy(section),
        "sentences": tables.differences(section),
        "slices": _slices(last),
        "name": last["name"],
        "reliability": _reliability(last["trust"]) if "trust" in last else None,
        "coverage": tables.coverage(last["trust"]) if "trust" in last else None,
        "worst": worst,
    }


def _judged(evaluation: dict[str, Any] | None) -> list[Table]:
    if not evaluation:
        return []
    found = [table for source in evaluation["sources"] for table in tables.evaluation(source)]
    return [*found, *tables.robustness(evaluation), *tables.drawings(evaluation)]


def _slices(reader: dict[str, Any]) -> Table | None:
    rows = []
    for length, count in reader.get("counts", {}).items():
        share = reader["by_length"][length]
        low, high = wilson(round(share / 100 * count), count)
        interval = f"{100 * low:.2f} to {100 * high:.2f} %"
        rows.append(
            [f"{length} digit{'s' * (int(length) > 1)}", f"{count:,}", f"{share:.2f} %", interval]
        )
    head = ["slice", "numbers", "read exactly", "95 % interval"]
    return Table(f"{reader['name']} by length", head, rows) if rows else None


def _reliability(trust: dict[str, Any]) -> Markup:
    points = [(sure / 100, right / 100) for sure, right in trust["bins"]]
    both = [0.0, 1.0, *(value for point in points for value in point)]
    axes = charts.Axes(both, both, ("confidence", "share that is right"))
    axes.line([(0, 0), (1, 1)], charts.COLOURS[5], dashed=True)
    axes.line(points, charts.COLOURS[0])
    for point in points:
        axes.dot(point, charts.COLOURS[0], f"confidence {point[0]:.4f}, right {point[1]:.2%}")
    return Markup(axes.svg())


def _recipes(search: dict[str, Any] | None) -> dict[str, Any] | None:
    """The table of a recipe search, and its pictures."""
    if not search:
        return None
    whole = charts.Axes(
        [*(100 * each["size_share"] for each in search["candidates"]), 100.0],
        [*(each["latency_share"] for each in search["candidates"]), 1.0],
        ("size, % of float32", "time, of float32"),
        zero=True,
    )
    whole.dot((100, 1), charts.COLOURS[5], "float32", 5)
    whole.word((100, 1), "float32", end=True)
    fast = [each for each in search["candidates"] if each["within"]]
    near = charts.Axes(
        [each["latency_share"] for each in fast] or [1.0],
        [float(each["mismatches"]) for each in fast] or [1.0],
        ("time, of float32", f"read otherwise, of {search['count']:,}"),
        zero=True,
    )
    for each in search["candidates"]:
        ships = each["name"] == search["winner"]
        colour = charts.COLOURS[1 if ships else 0 if each["front"] else 5]
        said = f"{each['name']}: {each['accuracy']:.2f} %, {each['mismatches']} read otherwise"
        point = (100 * each["size_share"], each["latency_share"])
        # The fewer numbers it reads otherwise, the larger the dot.
        whole.dot(point, colour, said, 3 + 6 / (1 + each["mismatches"]))
        if ships or point[0] > 50 or point[1] > 1:
            whole.word(point, each["name"])
        if each in fast:
            near.dot((point[1], each["mismatches"]), colour, said)
            if ships or point[0] > 50:
                near.word((point[1], each["mismatches"]), each["name"], end=point[1] > 0.6)
    return {
        "table": tables.recipes(search),
        "picture": Markup(whole.svg()),
        "near": Markup(near.svg()),
    }


def _speed(bench: dict[str, Any] | None) -> dict[str, Any] | None:
    """The table of a bench, the spread of latencies and the time by operator."""
    if not bench:
        return None
    shown: dict[str, Any] = {"table": tables.speed(bench), "spread": None, "operators": []}
    first = {form["name"]: form["latency"][0] for form in bench["forms"]}
    if all("percentiles" in latency for latency in first.values()):
        lines = {
            name: [(value, 5.0 * place) for place, value in enumerate(latency["percentiles"][:-1])]
            for name, latency in first.items()
        }
        across = ("ms for one strip, one thread", "% of runs are faster")
        shown["spread"] = Markup(charts.lines(lines, across))
    for form in bench["forms"]:
        rows = [
            (
                each["kind"],
                each["milliseconds"],
                f"{each['milliseconds']:.3f} ms, {each['share']:.0%}",
            )
            for each in form.get("operators", [])
        ]
        if rows:
            shown["operators"].append({"name": form["name"], "bars": Markup(charts.bars(rows))})
    return shown
