"""Int8 reads the same on every processor: `python benchmarks/processors.py`.

Each release's int8 file reads the same numbers here and on processors that QEMU emulates: x86-64
with AVX2 and without VNNI, arm64 without and with dot products. Writes benchmarks/processors.json
and processors.md. An emulated reading takes a hundred times as long: 1,000 numbers of the
releases are hours of one core.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from generator.shards import number_text
from toolchain import console, storage
from toolchain.data import samples
from toolchain.data.sources import TEST_DIGITS, Digits
from toolchain.provenance import machine, source_commit
from toolchain.reading.runtime import open_model
from toolchain.shipping import emulation, processors
from toolchain.shipping.release_reports import float32_of
from toolchain.storage import sha256
from toolchain.table import Table

ROOT = Path(__file__).parent.parent
OUT = Path(__file__).with_suffix(".json")
VARIANTS = ("optimized", "lightweight", "base", "nano")
SEED = 9_000_011
_CHUNK = 50  # numbers between two words of progress


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000, help="numbers for each")
    parser.add_argument("--variants", nargs="+", default=VARIANTS)
    names = [each.name for each in emulation.PROCESSORS]
    parser.add_argument("--processors", nargs="+", choices=names, default=names)
    given = parser.parse_args()
    chosen = [each for each in emulation.PROCESSORS if each.name in given.processors]
    bank = Digits().bank("test")
    rows: list[dict[str, Any]] = []
    for variant in given.variants:
        batch = samples.to_judge(variant, bank, SEED)(0, given.count)
        strips = batch.strips.numpy()
        labels = [number_text(row) for row in batch.digits.numpy()]
        folder = ROOT / "exports" / variant
        path = folder / f"{variant}.int8.onnx"
        here = processors.readings(open_model(path), strips)
        whole = processors.readings(open_model(float32_of(folder)), strips)
        base = {"variant": variant, "int8_sha256": sha256(path)}
        rows.append({**base, "on": "here, float32", **_said(whole, labels, here)})
        rows.append({**base, "on": "here", **_said(here, labels, here)})
        for processor in chosen:
            parts = []
            with console.progress(f"{variant} on {processor.name}", given.count) as update:
                for first in range(0, given.count, _CHUNK):
                    some = strips[first : first + _CHUNK]
                    parts.append(emulation.run_emulated(path, some, processor))
                    update(first + len(some))
            there = [np.concatenate(each) for each in zip(*parts, strict=True)]
            rows.append({**base, "on": processor.stands_for, **_said(there, labels, here)})
    report = {
        "numbers": samples.described(VARIANTS[0], TEST_DIGITS),
        "seed": SEED,
        "count": given.count,
        "commit": source_commit(),
        "machine": machine(),
        "onnxruntime": onnxruntime.__version__,
        "rows": rows,
    }
    storage.write_json(OUT, report)
    table = _table(report)
    with storage.replacing(OUT.with_suffix(".md")) as temporary:
        temporary.write_text(
            f"# Int8 on other processors\n\n{table.title}.\n\n{table.markdown()}", "utf-8"
        )
    console.show_table(table)
    return 0


def _said(
    outputs: processors.Outputs, labels: list[str], here: processors.Outputs
) -> dict[str, Any]:
    right = [number_text(row) == label for row, label in zip(outputs[1], labels, strict=True)]
    gaps = processors.gaps(here, outputs)
    return {
        "right": int(sum(right)),
        "differing": gaps.differing,
        "confidence": gaps.confidence,
        "largest_gap": gaps.log_probs,
    }


def _table(report: dict[str, Any]) -> Table:
    title = (
        f"{report['count']:,} {report['numbers']}, seed {report['seed']}, emulated on "
        f"{report['machine']}, ONNX Runtime {report['onnxruntime']}, commit {report['commit']}"
    )
    rows = [
        [
            row["variant"],
            row["on"],
            f"{100 * row['right'] / report['count']:.2f} %",
            str(row["differing"]),
            f"{row['confidence']:.2g}",
            f"{row['largest_gap']:.2g}",
        ]
        for row in report["rows"]
    ]
    head = [
        "variant",
        "int8 on",
        "read exactly",
        "otherwise than here",
        "confidence differs by up to",
        "probable log_probs by",
    ]
    return Table(title, head, rows, words=2)


if __name__ == "__main__":
    sys.exit(main())
