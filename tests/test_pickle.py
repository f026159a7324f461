"""No pickle is loaded anywhere: reading one runs whatever its maker wrote."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("generator", "models", "toolchain", "benchmarks", "godot_demo")
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def loads(tree: ast.AST) -> list[str]:
    """What in a program might load one."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [each.name for each in node.names if each.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            found.append(str(node.module))
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            unsafe = called in ("torch.load", "np.load", "numpy.load", "pd.read_pickle")
            told = {each.arg: ast.unparse(each.value) for each in node.keywords}
            if called.endswith("np.load") or called == "numpy.load":
                unsafe = told.get("allow_pickle", "False") != "False"
            if unsafe or told.get("weights_only") == "False":
                found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_program_of_ours_loads_a_pickle(folder):
    for path in (ROOT / folder).rglob("*.py"):
        assert not loads(ast.parse(path.read_text("utf-8"))), path


@pytest.mark.parametrize(
    "program",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "np.load(path, allow_pickle=True)",
        "torch.hub.load(path, weights_only=False)",
    ],
)
def test_what_would_load_one_is_found(program):
    assert loads(ast.parse(program))


# Commands in one process, each a list of words; says what a pickle named to be made or called. What
# it names is what makes it dangerous: without a name it holds numbers, words and lists.
GUARDED = """
import json, sys, traceback

found = []
# Numba keeps what it compiled beside the code, or in the user's cache: whoever can write there can
# change the code itself. Nothing that comes from elsewhere is read by it.
OWN = ("numba/core/caching.py",)

def guard(event, arguments):
    if event == "pickle.find_class":
        stack = [frame.filename.replace("\\\\", "/") for frame in traceback.extract_stack()]
        if not any(each.endswith(OWN) for each in stack):
            found.append([".".join(arguments[:2]), stack[-6:]])

sys.addaudithook(guard)

if __name__ == "__main__":
    from toolchain import console
    from toolchain.cli import app
    from toolchain.training import loop

    loop.VALIDATION_NUMBERS = 32
    codes = []
    for words in json.loads(sys.argv[1]):
        if words[0] == "exec":
            exec(words[1])
            continue
        try:
            codes.append(console.guarded(lambda: app(words, standalone_mode=False)))
        except SystemExit as ended:
            codes.append(int(ended.code or 0))
    print("\\nfound", json.dumps({"codes": codes, "found": found}))
"""


def guarded(commands, cwd):
    done = subprocess.run(
        [sys.executable, "-c", GUARDED, json.dumps(commands)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rsplit("found ", 1)[1])


def test_a_pickle_that_names_something_is_seen(tmp_path):
    loading = "import pickle, fractions; pickle.loads(pickle.dumps(fractions.Fraction(1, 2)))"
    told = guarded([["exec", loading]], tmp_path)
    assert [each[0] for each in told["found"]] == ["fractions.Fraction"]


@pytest.mark.slow
def test_no_command_loads_one(strokes_folder, tmp_path):
    custom = ["--custom", str(strokes_folder)]
    digits = [*custom, "--custom-share", "1"]
    length = ["--recipe", "quick", "--epochs", "1", "--numbers", "64", "--batch", "32"]
    trained = ["train", "--variant", "compact", "--device", "cpu", *length, *digits]
    released = ["--variant", "compact", "--exports", "made"]
    commands = [
        ["generate", "--count", "40", "--out", "numbers", *digits],
        ["import", str(strokes_folder / "drawn.jsonl"), "--out", "digits.jsonl"],
        trained,
        [*trained, "--resume"],
        ["train", "--run", "tuned", "--finetune", "runs/compact", *trained[1:]],
        ["average", "runs/compact", "runs/tuned", *custom],
        [
            *("export", "--variant", "compact", "--weights", "runs/compact", "--out", "made"),
            *("--quantize", "none", "--count", "50", "--no-emulation", *custom),
        ],
        ["inspect", "made/compact/compact.onnx"],
        ["predict", "numbers/preview.png", "--model", "made/compact/compact.onnx"],
        [
            *("evaluate", "--model", "made/compact/compact.onnx", "--count", "100"),
            *("--exports", "made", *custom),
        ],
        ["bench", *released, "--runs", "10"],
    ]
    told = guarded(commands, tmp_path)
    assert told["found"] == []
    assert told["codes"] == [0] * len(commands)
