"""The model card, `exports/<variant>/README.md`, written from the files beside it alone."""

import json
from pathlib import Path
from typing import Any

from toolchain import checkpoint

# What a card owes to the makers of each data set, by the name in a digit's `source`.
ATTRIBUTION = {
    "mnist": "MNIST, Y. LeCun, C. Cortes, C. J. C. Burges (CC BY-SA 3.0)",
    "pendigits": "Pen-Based Recognition of Handwritten Digits, E. Alpaydin and F. Alimoglu, UCI "
    "Machine Learning Repository (CC BY 4.0)",
    "unipen": "UNIPEN train_r01_v07, category 1a, International Unipen Foundation, "
    "DOI 10.5281/zenodo.1195803 (CC BY 4.0)",
}


def write_card(folder: Path) -> Path:
    """Write the card of the release in `folder`, named after its variant.

    Raises:
        BadInput: the folder holds no stored weights.
    """
    variant = folder.name
    _, facts = checkpoint.load(folder / f"{variant}.safetensors")
    sections = [
        _head(variant, facts, folder),
        _accuracy(_read(folder / "parity.json")),
        _speed(_read(folder / "bench.json")),
        _data(facts),
        _training(facts),
        _provenance(facts),
    ]
    path = folder / "README.md"
    with checkpoint.replacing(path) as temporary:
        temporary.write_text("\n".join(section for section in sections if section), "utf-8")
    return path


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _head(variant: str, facts: dict[str, Any], folder: Path) -> str:
    files = [
        [f"`{path.name}`", f"{path.stat().st_size / 1e6:.2f} MB"]
        for path in sorted(folder.iterdir())
        if path.suffix in (".onnx", ".safetensors")
    ]
    return (
        f"# {variant}\n\nReads a handwritten number of 1 to 5 digits from a 32x128 strip: a CRNN "
        f"with {facts['parameters']:,} parameters.\n\n"
        f"Input `image`: uint8 [N, 1, 32, 128], 0 = background, 255 = ink, right-aligned. "
        f"Outputs: `log_probs` float32 [N, T, 11], `digits` int64 [N, T] packed to the left and "
        f"padded with -1, `confidence` float32 [N].\n\n" + _table(["file", "size"], files)
    )


def _accuracy(parity: Any) -> str:
    if not parity:
        return "## Accuracy\n\nNot measured yet: `nrtool parity`.\n"
    parts = ["## Accuracy and parity\n"]
    for section in parity["sections"]:
        rows = [
            [
                reader["name"],
                f"{reader['accuracy']:.2f} %",
                "{:.2f} to {:.2f} %".format(*reader["interval"]),
                *(f"{share:.2f}" for share in reader["by_length"].values()),
            ]
            for reader in section["readers"]
        ]
        lengths = [f"{length} digits" for length in section["readers"][0]["by_length"]]
        parts.append(f"{section['count']:,} {section['numbers']}, seed {section['seed']}:\n")
        parts.append(_table(["form", "read exactly", "95 % interval", *lengths], rows))
        for gap in section["differences"]:
            one, other = gap["between"]
            parts.append(
                f"{one} and {other}: {gap['mismatches']} decoded differently; log_probs differ by "
                f"{gap['largest']:.2g} at most, {gap['mean']:.2g} on average.\n"
            )
    return "\n".join(parts)


def _speed(bench: Any) -> str:
    if not bench:
        return "## Speed\n\nNot measured yet: `nrtool bench`.\n"
    rows = [
        [
            f"{form['name']}, {latency['threads']} thread{'s' * (latency['threads'] > 1)}",
            f"{form['size'] / 1e6:.2f} MB ({form['size_share']:.1%})",
            f"{latency['p50']:.2f} / {latency['p90']:.2f} / {latency['p99']:.2f} ms",
            f"{latency['speedup']:.2f}x",
            f"{form['load_ms']:.0f} ms",
            f"{form['peak_memory_mib']:.0f} MiB",
        ]
        for form in bench["forms"]
        for latency in form["latency"]
    ]
    head = ["form", "size", "p50 / p90 / p99", "against float32", "load", "memory"]
    where = f"{bench['machine']}, ONNX Runtime {bench['onnxruntime']}, batch 1"
    return f"## Speed\n\n{where}, {bench['runs']} runs each in turns:\n\n" + _table(head, rows)


def _data(facts: dict[str, Any]) -> str:
    data = facts.get("data")
    if not isinstance(data, list):
        return ""
    rows, owed = [], []
    for source in data:
        writers = source["writers"] or "unknown"
        share = f"{source['share']:.0%}"
        names = ", ".join(source["origins"])
        rows.append([names, f"{source['digits']:,}", str(writers), share])
        owed += [f"- {ATTRIBUTION[name]}" for name in source["origins"] if name in ATTRIBUTION]
    return (
        "## Training data\n\n"
        + _table(["digits", "count", "writers", "share of the numbers"], rows)
        + "\nNo MNIST test digit and no validation writer among them.\n\n"
        + "\n".join(owed)
        + "\n"
    )


def _training(facts: dict[str, Any]) -> str:
    history = facts.get("history") or []
    rows = [
        [
            str(row["epoch"]),
            f"{row['numbers']:,}",
            f"{row['train_loss']:.4f}",
            f"{row['val_loss']:.4f}",
            f"{row['val_accuracy']:.2%}",
        ]
        for row in history
    ]
    recipe = ", ".join(f"{key} {value}" for key, value in facts.get("recipe", {}).items())
    if facts.get("started_from"):
        recipe += f". Started from {facts['started_from']}"
    head = ["epoch", "numbers", "training loss", "validation loss", "validation accuracy"]
    return f"## Training\n\nRecipe: {recipe}.\n\n" + _table(head, rows)


def _provenance(facts: dict[str, Any]) -> str:
    return (
        f"## Provenance\n\nTrained at commit {facts.get('commit', 'unknown')}, seed "
        f"{facts.get('seed', 'unknown')}, on {facts.get('machine', 'unknown')}. "
        "Weights and code: MIT. Written by `nrtool export`, `parity` and `bench`.\n"
    )
