"""Everything that proves the game on this machine: `make godot`.

Prepares Godot and ONNX Runtime, builds the extension, imports the project, runs the tests in the
engine, packs for phones and the web, exports and starts the Linux game. Words after it choose test
files.
"""

import re
import shutil
import sys
import time

from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from godot_demo.tools import build, engine, export, odd_models
from godot_demo.tools.guard import guarded
from toolchain.errors import FellShort
from toolchain.shipping.release_reports import float32_of

PROJECT = build.PROJECT
EXPORTS = PROJECT.parent / "exports"
VARIANTS = ("optimized", "nano")
FOREIGN = build.BUILD / "foreign.onnx"
ODD = build.BUILD / "odd"
FLOAT32 = build.BUILD / "float32"


def copy_models() -> None:
    """Lay the models that the game opens into the project, and apart what tests alone read with."""
    FLOAT32.mkdir(parents=True, exist_ok=True)
    for variant in VARIANTS:
        folder = EXPORTS / variant
        int8, float32 = folder / f"{variant}.int8.onnx", float32_of(folder)
        shutil.copyfile(int8, PROJECT / "models" / int8.name)
        shutil.copyfile(float32, FLOAT32 / float32.name)


def make_foreign_model() -> None:
    """A sound ONNX model that is none of ours: float32 [1] in and out."""
    tensors = [make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    node = make_node("Identity", ["x"], ["y"])
    graph = make_graph([node], "foreign", tensors[:1], tensors[1:])
    model = make_model(graph, ir_version=10, opset_imports=[make_opsetid("", 18)])
    FOREIGN.write_bytes(model.SerializeToString())


def import_project(godot: engine.Engine) -> None:
    """Let Godot list scripts, images and extensions, as its editor does at each start.

    Raises:
        FellShort: it complained.
    """
    # The first run makes the list of classes that the second can check all scripts against.
    for _ in range(2):
        text = export.run(godot, ["--import"])
    complain(text, "the import")


def complain(text: str, what: str) -> None:
    """Fail if Godot printed an error that no test expects.

    Raises:
        FellShort: it did; with the lines around it.
    """
    lines = text.splitlines()
    wrong = [i for i, line in enumerate(lines) if re.match(r"\s*(SCRIPT )?ERROR:", line)]
    if wrong:
        shown = "\n".join(lines[wrong[0] : wrong[0] + 12])
        raise FellShort(f"{what} printed an error:\n{shown}")


def test(godot: engine.Engine, script: str, words: list[str]) -> None:
    """Run tests in the engine.

    Raises:
        FellShort: one failed, or the engine stopped before the end.
    """
    given = {
        "NRTOOL_EXPORTS": str(EXPORTS),
        "NRTOOL_FOREIGN": str(FOREIGN),
        "NRTOOL_ODD": str(ODD),
    }
    play = ["--script", f"tests/{script}", "--", *words]
    text = export.run(godot, play, given)
    print(text, end="", flush=True)
    end = re.findall(r"^(\d+) passed, (\d+) failed$", text, re.M)
    if not end or end[-1][1] != "0" or end[-1][0] == "0":
        raise FellShort("the game's tests failed")
    # A script's error ends only the test that it is in, which would then count as passed.
    complain(text, "a test")


def main(words: list[str]) -> None:
    """Prove everything.

    Raises:
        BadInput: a tool is missing or failed.
        FellShort: something does not hold.
    """
    start = time.monotonic()

    def step(what: str) -> None:
        print(f"[{time.monotonic() - start:5.1f} s] {what}", flush=True)

    step("Godot")
    godot = engine.find()
    step("the extension and ONNX Runtime")
    build.build(build.host(), godot, own_compiler=True)
    step("models and import")
    copy_models()
    make_foreign_model()
    odd_models.make(ODD)
    import_project(godot)
    step("tests in the engine")
    test(godot, "run.gd", words)
    if not words:
        test(godot, "missing_library.gd", [])
        for preset in export.MODELS:
            step(f"packing for {preset}")
            packed = export.pack(godot, preset)
            if preset == "Web":
                step("the pack for the web tests itself")
                print(export.play_web(godot, packed), flush=True)
        if export.has_template(godot):
            step("the exported Linux game tests itself")
            print(export.play(godot), flush=True)
        else:
            step("no export template: the Linux game was not exported")
    step("all green")


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1:])))
