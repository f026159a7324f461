"""The same network under other runtimes, side by side: `python benchmarks/runtimes/compare.py`.

Needs the extra `runtimes`. Each runtime gets the network of a release as its own tools convert it,
and reads the same numbers, one thread, one strip, by turns in one process. What a runtime cannot
convert or run is said in the table, in its own words. MNN is left out: its converter installs a
package of its maker's by itself and reports every conversion to them.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from generator.numbers import NumberGenerator
from generator.shards import number_text
from models.ctc import greedy_decode
from toolchain import checkpoint
from toolchain.bench import machine
from toolchain.data import Digits
from toolchain.release import float32_of
from toolchain.runtime import INPUT, open_model
from toolchain.tables import Table

SEED = 3_000_017
Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]  # strip [1, 1, 32, 128] -> log_probs
Built = tuple[Run, int]  # and bytes of the files


def onnxruntime(path: Path) -> Built:
    """What we ship."""
    session = open_model(path)
    return lambda strip: session.run(["log_probs"], {INPUT: strip})[0], path.stat().st_size


def openvino(path: Path, folder: Path, precision: str) -> Built:
    """Reads our .onnx as it is; `precision` is what it computes in."""
    import openvino as ov

    model = ov.convert_model(path)
    ov.save_model(model, folder / "model.xml", compress_to_fp16=True)
    compiled = ov.Core().compile_model(
        folder / "model.xml",
        "CPU",
        {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision},
    )
    request = compiled.create_infer_request()
    return lambda strip: request.infer({INPUT: strip})["log_probs"], _size(folder)


def ncnn(network: torch.nn.Module, folder: Path) -> Built:
    """Converted by pnnx from the traced network, weights as float16."""
    import ncnn as library
    import pnnx

    example = torch.zeros(1, 1, 32, 128)
    pnnx.export(network, str(folder / "model.pt"), (example,))
    net = library.Net()
    net.opt.num_threads = 1
    net.load_param(str(folder / "model.ncnn.param"))
    net.load_model(str(folder / "model.ncnn.bin"))

    def run(strip: NDArray[np.uint8]) -> NDArray[np.float32]:
        with net.create_extractor() as extractor:
            ink = (strip[0] / np.float32(255)).astype(np.float32)
            extractor.input("in0", library.Mat(ink).clone())
            return np.array(extractor.extract("out0")[1])[None]

    size = sum((folder / f"model.ncnn.{part}").stat().st_size for part in ("param", "bin"))
    return run, size


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def compare(variant: str, exports: Path, count: int, runs: int) -> dict[str, Any]:
    """Build, check and time every runtime; each row says what it read otherwise than PyTorch."""
    release = exports / variant
    network, _ = checkpoint.load_model(release / f"{variant}.safetensors")
    numbers = NumberGenerator(Digits().bank("test"), SEED)(0, count)
    strips, labels = numbers.strips.numpy(), [number_text(row) for row in numbers.digits.numpy()]
    with torch.no_grad():
        exact = torch.cat([network(part.float() / 255) for part in numbers.strips.split(50)])
    expected = _read(exact.numpy())
    with tempfile.TemporaryDirectory() as name:
        float32 = float32_of(release)
        asked: dict[str, Callable[[Path], Built]] = {
            "ONNX Runtime, float32": lambda _: onnxruntime(float32),
            "ONNX Runtime, int8 (ours)": lambda _: onnxruntime(release / f"{variant}.int8.onnx"),
            "OpenVINO, float32": lambda folder: openvino(float32, folder, "f32"),
            "OpenVINO, bfloat16": lambda folder: openvino(float32, folder, "bf16"),
            "ncnn, float16 weights": lambda folder: ncnn(network, folder),
        }
        built: dict[str, Built] = {}
        rows = []
        for title, build in asked.items():
            folder = Path(name) / title
            folder.mkdir()
            try:
                run, size = build(folder)
                got = np.concatenate([run(strip[None]) for strip in strips])
                if got.shape != exact.shape:
                    raise RuntimeError(f"it gives {list(got.shape)}")
            except Exception as error:  # a converter fails in a way of its own; the table says so
                said = " ".join(str(error).split())[:120] or type(error).__name__
                rows.append({"runtime": title, "failed": said})
                continue
            readings = _read(got)
            built[title] = (run, size)
            rows.append(
                {
                    "runtime": title,
                    "size": size,
                    "accuracy": 100 * float(np.mean(np.array(readings) == np.array(labels))),
                    "mismatches": sum(a != b for a, b in zip(readings, expected, strict=True)),
                    "largest": float(np.abs(got - exact.numpy()).max()),
                }
            )
        times = _in_turns({title: run for title, (run, _) in built.items()}, strips, runs)
    for row in rows:
        if row["runtime"] in times:
            row["milliseconds"] = times[row["runtime"]]
    return {"variant": variant, "machine": machine(), "count": count, "runs": runs, "rows": rows}


def _read(log_probs: NDArray[np.float32]) -> list[str]:
    return [number_text(row) for row in greedy_decode(torch.from_numpy(log_probs)).numpy()]


def _in_turns(runners: dict[str, Run], strips: NDArray[np.uint8], runs: int) -> dict[str, float]:
    times: dict[str, list[float]] = {title: [] for title in runners}
    for turn in range(runs):
        strip = strips[turn % len(strips)][None]
        for title, run in runners.items():
            start = time.perf_counter()
            run(strip)
            times[title].append((time.perf_counter() - start) * 1e3)
    return {title: float(np.median(each)) for title, each in times.items()}


def table(report: dict[str, Any]) -> Table:
    """The rows as text."""
    rows = [
        [row["runtime"], f"cannot: {row['failed']}", "", "", "", ""]
        if "failed" in row
        else [
            row["runtime"],
            f"{row['size'] / 1e6:.2f} MB",
            f"{row['milliseconds']:.2f}",
            f"{row['accuracy']:.2f} %",
            str(row["mismatches"]),
            f"{row['largest']:.2g}",
        ]
        for row in report["rows"]
    ]
    return Table(
        f"{report['variant']} on {report['machine']}: {report['count']:,} numbers from MNIST test "
        f"digits, seed {SEED}; one thread, one strip, median of {report['runs']} runs by turns",
        ["runtime", "files", "ms", "exact", "unlike PyTorch", "largest difference"],
        rows,
    )


def main() -> None:
    """Compare, write the report beside this file, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", default="optimized")
    parser.add_argument("--exports", type=Path, default=Path("exports"))
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=200)
    given = parser.parse_args()
    report = compare(given.variant, given.exports, given.count, given.runs)
    shown = table(report)
    beside = Path(__file__).parent / given.variant
    beside.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    beside.with_suffix(".md").write_text(f"{shown.title}\n\n{shown.markdown()}", "utf-8")
    sys.stdout.write(f"{shown.title}\n{shown.markdown()}")


if __name__ == "__main__":
    main()
