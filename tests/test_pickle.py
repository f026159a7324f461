"""No pickle is loaded anywhere: reading one runs whatever its maker wrote."""

import ast
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
